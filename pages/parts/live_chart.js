const GLIDE_MS = 260 // shorter than the time between two polls
const PATIENCE_MS = 1500 // a hidden tab's transition may never report its end

const charts = new WeakMap() // node -> what it shows and should show
let plotly // the library on its way, once a page

function load(url) {
  plotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly)
    const ahead = document.head.querySelector(`script[src="${url}"]`) // a page may have asked for it early
    const script = ahead ?? document.createElement("script")
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("no Plotly in " + url)))
    script.onerror = () => {
      script.remove()
      plotly = undefined // the next update tries again
      reject(new Error("cannot load " + url))
    }
    if (ahead) return
    script.src = url
    document.head.append(script)
  })
  return plotly
}

// How much larger than usual all text is, on a projector: `style.css` says so.
const growth = node => parseFloat(getComputedStyle(node).getPropertyValue("--growth")) || 1

// A figure whose words and marks have grown with the page's text, and its margins with them.
function grown(part, by) {
  if (by === 1 || typeof part !== "object" || part === null) return part
  if (Array.isArray(part)) return typeof part[0] === "object" ? part.map(one => grown(one, by)) : part
  return Object.fromEntries(Object.entries(part).map(([name, value]) => {
    if (name === "margin") return [name, Object.fromEntries(Object.entries(value).map(([side, room]) => [side, room * by]))]
    if (name === "size") return [name, Array.isArray(value) ? value.map(one => one * by) : value * by]
    return [name, grown(value, by)]
  }))
}

function themed(layout, node, size, duration, by) {
  const style = getComputedStyle(node)
  const theme = name => style.getPropertyValue(name).trim()
  const named = axis => axis?.title && { title: { font: { size: 13 * by }, ...axis.title } }
  const grid = theme("--st-border-color")
  const axis = { gridcolor: grid, linecolor: grid, tickcolor: grid, automargin: false }
  const spike = { spikecolor: grid, spikethickness: 1, spikedash: "solid" }
  const title = { font: { size: 15 * by, weight: 600 } }
  return {
    ...layout,
    ...size,
    autosize: false,
    font: { family: style.fontFamily, size: 13 * by, color: theme("--st-text-color"), ...layout.font },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: { bgcolor: theme("--st-background-color"), bordercolor: grid, font: { size: 13 * by, color: theme("--st-text-color") } },
    xaxis: { ...axis, ...spike, ...layout.xaxis, ...named(layout.xaxis) },
    yaxis: { ...axis, ...layout.yaxis, ...named(layout.yaxis) },
    ...(layout.title && { title: { ...title, ...layout.title } }),
    transition: { duration, easing: "cubic-out", ordering: "traces first" },
  }
}

async function draw(chart) {
  const { node } = chart
  const Plotly = await load(chart.wanted.plotly)
  const { wanted } = chart // the page may have gone on meanwhile
  const by = growth(node)
  const size = { width: node.clientWidth, height: wanted.height * by }
  if (!size.width) return // folded away; the observer calls again
  node.style.height = `${size.height}px`
  const figure = grown(wanted.figure, by)
  const resized = size.width !== chart.width || size.height !== chart.height
  const { shapes, annotations, showlegend, xaxis, yaxis } = figure.layout
  const marks = JSON.stringify([shapes, annotations, showlegend, xaxis?.range, yaxis?.type, figure.data.length])
  const still = resized || document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches
  const layout = themed(figure.layout, node, size, still ? 0 : GLIDE_MS, by)
  const { transition, ...look } = layout
  const drawn = JSON.stringify([figure.data, look])
  if (drawn === chart.drawn) return
  const moves = marks === chart.marks // a transition, even one of no duration, leaves new marks and margins out; along x, lines would glide off their axis
  Object.assign(chart, { drawn, marks, width: size.width, height: size.height })
  if (node.firstChild && !node.classList.contains("js-plotly-plot")) node.replaceChildren()
  const staticPlot = figure.data.every(trace => trace.hoverinfo === "skip")
  const done = Plotly.react(node, structuredClone(figure.data), moves ? layout : look, { displayModeBar: false, staticPlot })
  await Promise.race([done, new Promise(resolve => setTimeout(resolve, PATIENCE_MS))])
}

// One drawing at a time: a call during a transition is answered after it, with the latest figure.
async function update(chart) {
  chart.again = true
  if (chart.busy) return
  chart.busy = true
  try {
    while (chart.again) {
      chart.again = false
      await draw(chart)
    }
  } catch (error) {
    console.error(error)
    chart.drawn = undefined
    chart.node.textContent = ""
    const sentence = document.createElement("p")
    sentence.textContent = "This chart cannot be shown, because its drawing library did not load. Please reload the page."
    chart.node.append(sentence)
  } finally {
    chart.busy = false
  }
}

function create(node) {
  const chart = { node }
  chart.observer = new ResizeObserver(() => update(chart))
  charts.set(node, chart)
  return chart
}

export default function ({ parentElement, data }) {
  const node = parentElement.querySelector(".live-chart")
  const chart = charts.get(node) ?? create(node)
  chart.wanted = data
  node.style.height = `${data.height * growth(node)}px`
  node.setAttribute("role", "img")
  node.setAttribute("aria-label", data.alt)
  chart.observer.observe(node)
  update(chart)
  return () => {
    // Streamlit also calls this for an update that was overtaken; only a node off the page is done with.
    if (node.isConnected) return
    chart.observer.disconnect()
    charts.delete(node)
    window.Plotly?.purge(node)
  }
}
