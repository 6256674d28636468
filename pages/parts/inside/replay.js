// A drawing's film: the picture so far, ten bars, a slider and a button that plays it.

const EVERY_MS = 120
const SIDE = 196 // pixels, of the picture
const films = new WeakMap() // root -> its film

function element(kind, classes, text) {
  const node = document.createElement(kind)
  if (classes) node.className = classes
  if (text) node.textContent = text
  return node
}

function build(root) {
  const film = { root, bars: [] }
  film.picture = element("div", "rp-picture")
  film.picture.setAttribute("role", "img")
  const bars = element("div", "rp-bars")
  for (let digit = 0; digit < 10; digit++) {
    const row = element("div", "rp-row")
    const bar = element("div", "rp-bar")
    const word = element("span")
    const track = element("div", "rp-track")
    track.append(bar, word)
    row.append(element("b", "", String(digit)), track)
    bars.append(row)
    film.bars.push({ row, bar, word })
  }
  film.play = element("button", "rp-play", "Play")
  film.play.type = "button"
  film.slider = element("input")
  film.slider.type = "range"
  film.slider.min = 0
  film.slider.setAttribute("aria-label", "Moment of the drawing")
  film.said = element("p", "rp-said")
  film.said.setAttribute("role", "status")
  const way = element("div", "rp-way")
  way.append(film.play, film.slider)
  const stage = element("div", "rp-stage")
  stage.append(film.picture, bars)
  root.replaceChildren(stage, way, film.said)
  film.slider.addEventListener("input", () => {
    stop(film)
    show(film)
  })
  film.play.addEventListener("click", () => (film.timer ? stop(film) : play(film)))
  films.set(root, film)
  return film
}

function play(film) {
  if (Number(film.slider.value) >= film.data.moments.length - 1) film.slider.value = 0
  film.play.textContent = "Pause"
  film.said.setAttribute("aria-busy", "true") // heard at its end, not thirty times on the way
  film.timer = setInterval(() => {
    if (!film.root.isConnected) return stop(film)
    film.slider.value = Number(film.slider.value) + 1
    show(film)
    if (Number(film.slider.value) >= film.data.moments.length - 1) stop(film)
  }, EVERY_MS)
  show(film)
}

function stop(film) {
  clearInterval(film.timer)
  film.timer = undefined
  film.play.textContent = "Play"
  film.said.removeAttribute("aria-busy")
}

function show(film) {
  const place = Number(film.slider.value)
  const moment = film.data.moments[place]
  film.picture.style.cssText = `width:${SIDE}px;height:${SIDE}px;background-image:url(${film.data.sheet});
    background-size:${SIDE * film.data.moments.length}px ${SIDE}px;background-position:${-place * SIDE}px 0`
  film.bars.forEach(({ row, bar, word }, digit) => {
    row.classList.toggle("rp-best", digit === moment.digit)
    bar.style.width = `${100 * moment.shares[digit]}%`
    word.textContent = moment.words[digit]
  })
  const said = `${moment.drawn}: read as ${moment.digit}, ${moment.words[moment.digit]}`
  film.picture.setAttribute("aria-label", said)
  film.slider.setAttribute("aria-valuetext", said)
  film.said.textContent = said
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".replay")
  const film = films.get(root) ?? build(root)
  const what = JSON.stringify(data)
  if (film.what === what) return
  stop(film)
  Object.assign(film, { data, what })
  film.slider.max = data.moments.length - 1
  film.slider.value = data.moments.length - 1
  show(film)
}
