// A network's layers as bands of cells. One cell is chosen by pointer, finger or arrow keys; the panel tells about it.

const TIMES = 2 // as large as in the sheet is a picture shown
const views = new WeakMap() // root -> what it shows

function element(kind, classes, text) {
  const node = document.createElement(kind)
  if (classes) node.className = classes
  if (text) node.textContent = text
  return node
}

function drawn(band, number, side) {
  const cell = element("div", "nv-cell")
  const [column, row] = [number % band.columns, Math.floor(number / band.columns)]
  cell.style.cssText = `width:${side}px;height:${(side * band.height) / band.width}px;
    background-image:url(${band.image});
    background-size:${side * band.columns}px auto;
    background-position:${-column * side}px ${(-row * side * band.height) / band.width}px`
  return cell
}

function cellSide(band) {
  if (band.kind === "answer") return 41
  if (band.kind === "units") return band.count > 128 ? 14 : 26
  return Math.max(26, Math.min(56, band.width * 2))
}

function said(band, number) {
  const value = band.values[number]
  if (band.kind === "answer") return `${number}: ${band.words[number]}`
  if (band.kind === "units") return `Unit ${number + 1}: ${value}`
  const [row, column] = band.places[number]
  return `Map ${number + 1}: largest value ${value}, in row ${row + 1}, column ${column + 1}`
}

function pieces(band, number) {
  const strip = element("div", "nv-looks")
  const { tiles, strips, tile } = band.looks
  const [column, row] = [number % strips, Math.floor(number / strips)]
  const size = tile * TIMES
  for (let place = 0; place < tiles; place++) {
    const figure = element("figure")
    const picture = element("div", "nv-piece")
    picture.style.cssText = `width:${size}px;height:${size}px;
      background-image:url(${band.looks.url});
      background-size:${size * tiles * strips}px auto;
      background-position:${-(column * tiles + place) * size}px ${-row * size}px`
    figure.append(picture)
    if (band.looks.own && place === 0) figure.append(element("figcaption", "", "its weights"))
    strip.append(figure)
  }
  return strip
}

function choose(view, place, number, scroll) {
  const band = view.data.bands[place]
  const grid = view.grids[place]
  if (!grid) return
  for (const old of view.root.querySelectorAll('[aria-selected="true"]')) old.setAttribute("aria-selected", "false")
  const cell = grid.children[number]
  cell.setAttribute("aria-selected", "true")
  grid.setAttribute("aria-activedescendant", cell.id)
  if (scroll) cell.scrollIntoView({ block: "nearest", inline: "nearest" })
  view.chosen = { place, number }
  const text = element("div", "nv-text")
  text.append(element("b", "", `${band.title}. `), said(band, number))
  view.panel.replaceChildren(text)
  if (band.looks) {
    view.panel.append(pieces(band, number))
    const own = band.looks.own ? "Blue weights count for it, red ones against it; beside them, the " : "The "
    view.panel.append(element("p", "nv-note", `${own}${view.data.looksAt}`))
  }
}

function keys(view, place, event) {
  const band = view.data.bands[place]
  const grid = view.grids[place]
  const wide = Math.max(1, Math.floor((grid.clientWidth - 3) / (grid.children[0].offsetWidth + 3)))
  const now = view.chosen?.place === place ? view.chosen.number : -1
  const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide, Home: -band.count, End: band.count }
  if (!(event.key in moves)) return
  event.preventDefault()
  choose(view, place, Math.max(0, Math.min(band.count - 1, now + moves[event.key])), true)
}

function grid(view, band, place) {
  const node = element("div", `nv-grid nv-${band.kind}`)
  node.setAttribute("role", "listbox")
  node.setAttribute("aria-label", `${band.title}, ${band.caption}; arrow keys move`)
  node.tabIndex = 0
  for (let number = 0; number < band.count; number++) {
    const cell = drawn(band, number, cellSide(band))
    cell.id = `nv-${band.number}-${number}`
    cell.setAttribute("role", "option")
    cell.setAttribute("aria-selected", "false")
    cell.setAttribute("aria-label", said(band, number))
    if (band.kind === "answer") cell.append(element("b", "", String(number)), element("span", "", band.words[number]))
    node.append(cell)
  }
  const at = event => [...node.children].indexOf(event.target.closest(".nv-cell"))
  const point = event => at(event) >= 0 && choose(view, place, at(event), false)
  node.addEventListener("pointerover", point)
  node.addEventListener("click", point)
  node.addEventListener("focus", () => view.chosen?.place === place || choose(view, place, 0, false))
  node.addEventListener("keydown", event => keys(view, place, event))
  return node
}

function show(view) {
  const { data } = view
  view.grids = []
  view.root.querySelector(".nv-above").textContent =
    `Pinned: the chosen cell, with the ${data.looksAt} Blue weights count for it, red ones against it.`
  const list = view.root.querySelector(".nv-bands")
  list.replaceChildren()
  data.bands.forEach((band, place) => {
    const section = element("section", `nv-band nv-is-${band.kind}`)
    const head = element("div", "nv-head")
    head.append(element("b", "", band.title), element("span", "", band.caption))
    section.append(head)
    if (band.kind !== "note") section.append((view.grids[place] = grid(view, band, place)))
    list.append(section)
  })
  const { place, number } = view.chosen ?? data.first
  const band = data.bands[place]
  if (band && number < band.count) choose(view, place, number, false)
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".network-view")
  const view = views.get(root) ?? { root, panel: root.querySelector(".nv-panel") }
  views.set(root, view)
  const what = JSON.stringify(data)
  if (what === view.what) return
  if (data.model !== view.data?.model) view.chosen = undefined
  Object.assign(view, { data, what })
  show(view)
}
