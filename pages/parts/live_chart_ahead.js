// A chart's library takes a second to load and to read; a page that will need it has that second before.
export default function ({ data: { plotly } }) {
  const load = () => {
    if (window.Plotly || document.head.querySelector(`script[src="${plotly}"]`)) return
    const script = document.createElement("script")
    Object.assign(script, { src: plotly, async: true, onerror: () => script.remove() })
    document.head.append(script)
  }
  window.requestIdleCallback ? requestIdleCallback(load, { timeout: 1000 }) : setTimeout(load, 200)
}
