// A tab keeps what its visitor made, and when it is loaded anew tells it to the session that knows nothing of it: what
// its board showed (`ink_pad.js` keeps that), and the network that was put together on the page Train.
let told = false

function kept(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key))
  } catch {} // a browser that keeps nothing, or something else
}

export default function ({ data: { untouched, network }, setTriggerValue }) {
  if (!told) {
    told = true
    const drawn = untouched && kept("digit-lab-drawing")
    if (drawn?.length) setTriggerValue("drawing", drawn)
    const made = !network && kept("digit-lab-network")
    if (made) setTriggerValue("network", made)
  }
  try {
    if (network) sessionStorage.setItem("digit-lab-network", JSON.stringify(network))
  } catch {} // a browser that keeps nothing
}
