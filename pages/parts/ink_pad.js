// Keeps the drawing for a tab that is loaded anew (`kept.js` brings it back), and
// mends three habits of the drawing canvas, from outside: its invisible toolbar lies over the top right corner and
// swallows strokes that begin there; it tells the server about a stroke only 200 ms after the pen is lifted, so
// that a quick click on Undo or Clear would run with the drawing before that stroke; and it takes one point a frame.
// While a phone is busy with the answer to one digit, a frame is as long as half of the next.
const STYLE = `
  .dc-toolbar { display: none !important; }
  .dc-canvas, .dc-container { border-radius: .75rem; }
  .dc-canvas { outline: none !important; }
  .dc-root { border-radius: .75rem; outline: 1px solid color-mix(in srgb, var(--st-text-color) 30%, transparent); }
  .dc-scroll { overflow: hidden !important; border-radius: .75rem; }
  .dc-container, .dc-container canvas, .canvas-container { width: 100cqw !important; height: 100cqw !important; }
`
const SENT_AFTER = 350 // ms after the pen is lifted the server has the stroke
const APART = 5 // CSS pixels between two points that the canvas is given on top of its own
let lifted = -SENT_AFTER
let pen = null // while it is down: its canvas, the last point that has, and where it was since then

function canvasRoot() {
  for (const element of document.querySelectorAll(".st-key-ink *")) {
    if (element.shadowRoot?.querySelector(".canvas-root")) return element.shadowRoot
  }
  return null
}

function mend() {
  const root = canvasRoot()
  if (!root || root.querySelector("style[data-digit-lab]")) return
  const style = document.createElement("style")
  style.dataset.digitLab = ""
  style.textContent = STYLE
  root.append(style)
  for (const canvas of root.querySelectorAll("canvas.upper-canvas")) {
    canvas.setAttribute("role", "img")
    canvas.setAttribute("aria-label", "Drawing board")
  }
  root.addEventListener("pointerdown", event => {
    const canvas = event.target
    if (event.isPrimary && canvas.matches("canvas.upper-canvas")) pen = { canvas, last: event, passed: [] }
  }, true)
}

function lift(event) {
  if (!pen || !event.isPrimary) return // the palm of a hand
  pen = null
  lifted = performance.now()
}

// A browser gathers the moves of a frame into one pointer event, and then has the canvas hear of the last of them.
function pass(event) {
  if (pen && event.isPrimary) pen.passed.push(...(event.getCoalescedEvents?.() ?? []))
}

function catchUp(event) {
  if (!pen?.passed.length) return
  const { canvas, passed } = pen
  pen.passed = [] // and so the events made here bring no others
  for (const { clientX, clientY } of passed.slice(0, -1)) {
    if (Math.hypot(clientX - pen.last.clientX, clientY - pen.last.clientY) < APART) continue
    pen.last = { clientX, clientY }
    canvas.dispatchEvent(new MouseEvent(event.type, { clientX, clientY, bubbles: true, cancelable: true, composed: true }))
  }
  pen.last = passed.at(-1) // where the event is that the canvas now hears of
}

function wait(event) {
  const button = event.target.closest?.(".st-key-ink-buttons button")
  const left = SENT_AFTER - (performance.now() - lifted)
  if (!button || left <= 0) return
  event.stopPropagation()
  event.preventDefault()
  setTimeout(() => button.click(), left)
}

function undoKey(event) {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return
  if (event.target.closest?.("input, textarea, [contenteditable]")) return
  event.preventDefault()
  document.querySelector(".st-key-undo button:enabled")?.click()
}

function keep(drawn) {
  try {
    sessionStorage.setItem("digit-lab-drawing", JSON.stringify(drawn))
  } catch {} // a browser that keeps nothing
}

const LISTENERS = {
  click: wait,
  keydown: undoKey,
  pointermove: pass,
  mousemove: catchUp,
  touchmove: catchUp,
  pointerup: lift,
  pointercancel: lift,
}

let watch // Streamlit calls anew for every drawing, and ends only the last call

export default function ({ data: { drawn } }) {
  if (drawn) keep(drawn) // null: nothing was drawn yet, or nothing that can be read
  // The canvas appears in a shadow root, where no observer of ours reaches, and anew after a visit to another page.
  clearInterval(watch)
  watch = setInterval(mend, 50)
  for (const [type, listener] of Object.entries(LISTENERS)) document.addEventListener(type, listener, true)
  return () => {
    clearInterval(watch)
    for (const [type, listener] of Object.entries(LISTENERS)) document.removeEventListener(type, listener, true)
  }
}
