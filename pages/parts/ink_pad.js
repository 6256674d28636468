// Keeps the drawing for a tab that is loaded anew (`kept.js` brings it back), and
// mends two habits of the drawing canvas, from outside: its invisible toolbar lies over the top right corner and
// swallows strokes that begin there; and it tells the server about a stroke only 200 ms after the pen is lifted, so
// that a quick click on Undo or Clear would run with the drawing before that stroke.
const STYLE = `
  .dc-toolbar { display: none !important; }
  .dc-canvas, .dc-container { border-radius: .75rem; }
  .dc-canvas { outline: none !important; }
  .dc-root { border-radius: .75rem; outline: 1px solid color-mix(in srgb, var(--st-text-color) 30%, transparent); }
  .dc-scroll { overflow: hidden !important; border-radius: .75rem; }
  .dc-container, .dc-container canvas, .canvas-container { width: 100cqw !important; height: 100cqw !important; }
`
const SENT_AFTER = 350 // ms after the pen is lifted the server has the stroke
let lifted = -SENT_AFTER

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
  root.addEventListener("pointerdown", () => {
    const up = () => { lifted = performance.now() }
    window.addEventListener("pointerup", up, { once: true, capture: true })
  }, true)
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

let watch // Streamlit calls anew for every drawing, and ends only the last call

export default function ({ data: { drawn } }) {
  if (drawn) keep(drawn) // null: nothing was drawn yet, or nothing that can be read
  // The canvas appears in a shadow root, where no observer of ours reaches, and anew after a visit to another page.
  clearInterval(watch)
  watch = setInterval(mend, 50)
  document.addEventListener("click", wait, true)
  document.addEventListener("keydown", undoKey)
  return () => {
    clearInterval(watch)
    document.removeEventListener("click", wait, true)
    document.removeEventListener("keydown", undoKey)
  }
}
