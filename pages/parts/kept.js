// A tab keeps what its visitor made, and tells it to a session that knows nothing of it, because the tab was loaded anew,
// the server was started again or the laptop slept for long: what its board showed (`ink_pad.js` keeps that), and the
// network that was put together on the page Train.
let told // the session and its page, which asked

function kept(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key))
  } catch {} // a browser that keeps nothing, or something else
}

export default function ({ data: { asks, untouched, network }, setTriggerValue }) {
  if (told !== String(asks)) {
    told = String(asks)
    const drawn = untouched && kept("digit-lab-drawing")
    if (drawn?.length) setTriggerValue("drawing", drawn)
    const made = !network && kept("digit-lab-network")
    if (made) setTriggerValue("network", made)
  }
  try {
    if (network) sessionStorage.setItem("digit-lab-network", JSON.stringify(network))
  } catch {} // a browser that keeps nothing
}
