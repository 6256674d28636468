// Keeps the drawing for a tab that is loaded anew (`kept.js` brings it back): at once, and once more as the server has it
// when that has heard of all of it. And mends the drawing canvas from outside.
//
// Its toolbar is invisible, lies over the top right corner and swallows strokes that begin there; it is taken away, and
// its buttons are pressed from here: to send a stroke as soon as the pen is lifted, where the canvas would wait for
// 200 ms, and to undo and clear at once. If the server took a stroke back, the next one would be lost if it is drawn
// before that reaches the canvas.
//
// And the canvas takes one point a frame. While a phone is busy with the answer to one digit, a frame is as long as half
// of the next. Of these points it leaves out the last but one when the pen is lifted (Fabric's `decimatePoints` does),
// which of ten points may be the corner of a 7; so it is given one more, beside the last.
const STYLE = `
  .dc-toolbar { display: none !important; }
  .dc-canvas, .dc-container { border-radius: .75rem; }
  .dc-canvas { outline: none !important; }
  .dc-root { border-radius: .75rem; outline: 1px solid color-mix(in srgb, var(--st-text-color) 30%, transparent); }
  .dc-scroll { overflow: hidden !important; border-radius: .75rem; }
  .dc-container, .dc-container canvas, .canvas-container {
    width: calc(100cqw - var(--beside, 0px)) !important; height: calc(100cqw - var(--beside, 0px)) !important; }
`
const SEND = "Update the app with this drawing", UNDO = "Undo", CLEAR = "Reset canvas & history" // the toolbar's titles
const KEPT = "digit-lab-drawing"
const QUIET = 2000 // ms after which the server has heard of everything
const APART = 5 // CSS pixels between two points that the canvas is given on top of its own

let pen = null // while it is down: its canvas, the last point that has, where it was since then, everywhere it was
let look = {} // what a line of the pen looks like
let passed = null // the button whose click is for the server
let version // of what the server had the canvas show last
let settling // until the server's drawing is kept although it is another one

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
    if (!event.isPrimary || event.button || !canvas.matches("canvas.upper-canvas")) return
    pen = { canvas, last: event, gone: [], been: [event] }
  }, true)
}

// A browser gathers the moves of a frame into one pointer event, and then has the canvas hear of the last of them.
function gather(event) {
  if (!pen || !event.isPrimary) return
  const gathered = event.getCoalescedEvents?.() ?? []
  pen.gone.push(...gathered)
  pen.been.push(...(gathered.length ? gathered : [event]))
}

function catchUp(event) {
  if (!pen?.gone.length) return
  const { canvas, gone } = pen
  pen.gone = [] // and so the events made here bring no others
  for (const { clientX, clientY } of gone.slice(0, -1)) {
    if (Math.hypot(clientX - pen.last.clientX, clientY - pen.last.clientY) < APART) continue
    pen.last = { clientX, clientY }
    move(canvas, event.type, clientX, clientY)
  }
  pen.last = gone.at(-1) // where the event is that the canvas now hears of
}

function move(canvas, kind, clientX, clientY) {
  canvas.dispatchEvent(new MouseEvent(kind, { clientX, clientY, bubbles: true, cancelable: true, composed: true }))
}

// Heard before the canvas.
function end(event) {
  if (!(pen?.been.length > 1) || event.touches?.length) return // a dot; another finger is still there
  const kind = event.type === "mouseup" ? "mousemove" : "touchmove"
  const { clientX, clientY } = event.changedTouches?.[0] ?? event
  pen.gone = []
  move(pen.canvas, kind, clientX, clientY)
  move(pen.canvas, kind, clientX + 1, clientY)
}

// Heard at the window, after the canvas has added the stroke.
function lift(event) {
  if (!pen || event.touches?.length) return // another finger is still there
  keep([...kept(), line(pen)])
  pen = null
  press(SEND)
}

// A touch that the system takes away, for a call or a gesture of its own: the canvas would wait for its end for ever.
function cancel(event) {
  if (!pen) return
  const lifted = new Event("touchend", { bubbles: true, cancelable: true, composed: true })
  pen.canvas.dispatchEvent(Object.assign(lifted, { touches: event.touches, changedTouches: event.changedTouches }))
}

function press(title) {
  const button = canvasRoot()?.querySelector(`.dc-toolbar button[title="${title}"]`)
  if (!button || button.disabled) return false
  button.click()
  return true
}

// The server has to undo what the canvas cannot: Clear, and what it has from the server. Of Clear it hears in any case,
// once the canvas has sent the empty board, and then has nothing to wipe.
function take(event) {
  const button = event.target.closest?.(".st-key-undo button, .st-key-clear button")
  const undo = button?.closest(".st-key-undo")
  if (!button || button === passed || !press(undo ? UNDO : CLEAR)) return
  event.stopPropagation()
  event.preventDefault()
  keep(undo ? kept().slice(0, -1) : [])
  if (!undo) setTimeout(pass, 0, button)
}

function pass(button) {
  passed = button
  button.click()
  passed = null
}

function undoKey(event) {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return
  if (event.target.closest?.("input, textarea, [contenteditable]")) return
  event.preventDefault()
  document.querySelector(".st-key-undo button:enabled")?.click()
}

// Where the pen has been as the canvas would write it: curves from midway to midway, bent towards each place.
function line({ canvas, been }) {
  const { left, top, width } = canvas.getBoundingClientRect()
  const scale = parseFloat(canvas.style.width) / width // canvas pixels a CSS pixel
  const places = been.map(({ clientX, clientY }) => [(clientX - left) * scale, (clientY - top) * scale])
  const curves = places.slice(1).map(([x, y], i) => ["Q", ...places[i], (places[i][0] + x) / 2, (places[i][1] + y) / 2])
  return { type: "Path", path: [["M", ...places[0]], ...curves, ["L", ...places.at(-1)]], ...look }
}

function kept() {
  try {
    const drawn = JSON.parse(sessionStorage.getItem(KEPT))
    if (Array.isArray(drawn)) return drawn
  } catch {} // a browser that keeps nothing, or something else
  return []
}

function keep(drawn) {
  clearTimeout(settling)
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(drawn))
  } catch {} // a browser that keeps nothing
}

// The server's answer to one stroke may come when the next is drawn already; the answer to that one comes later.
function keepAsServer(data) {
  if (!data.drawn) return // nothing was drawn yet, or nothing that can be read
  clearTimeout(settling)
  if (data.version !== version || data.drawn.length === kept().length) keep(data.drawn)
  else settling = setTimeout(keep, QUIET, data.drawn)
  version = data.version
}

const LISTENERS = [
  ["pointermove", gather, true],
  ["mousemove", catchUp, true],
  ["touchmove", catchUp, true],
  ["mouseup", end, true],
  ["touchend", end, true],
  ["mouseup", lift, false],
  ["touchend", lift, false],
  ["touchcancel", cancel, true],
  ["click", take, true],
  ["keydown", undoKey, true],
]

let watch // Streamlit calls anew for every drawing, and ends only the last call

export default function ({ data }) {
  look = data.look
  keepAsServer(data)
  // The canvas appears in a shadow root, where no observer of ours reaches, and anew after a visit to another page.
  clearInterval(watch)
  watch = setInterval(mend, 50)
  for (const listener of LISTENERS) window.addEventListener(...listener)
  return () => {
    clearInterval(watch)
    for (const listener of LISTENERS) window.removeEventListener(...listener)
  }
}
