// A tab keeps what its visitor made, and tells it to a session that knows nothing of it, because the tab was loaded anew,
// the server was started again or the laptop slept for long: what its board showed (`ink_pad.js` keeps that), and the
// network that was put together on the page Train.
const LEADS = 3000 // ms that a click on a link may take to lead to its page
let asking, told // the session and its page: which asks, and which was told

function kept(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key))
  } catch {} // a browser that keeps nothing, or something else
}

function leads() { // a link that was just clicked, to another page: what is told of this one would lead back to it
  const link = document.activeElement?.closest("a[href]")
  return link && link.pathname !== location.pathname
}

export default function ({ data: { asks, untouched, network }, setTriggerValue }) {
  const whom = (asking = String(asks))

  function tell() {
    if (told === whom || asking !== whom) return // the other page asks, too
    told = whom
    const drawn = untouched && kept("digit-lab-drawing")
    if (drawn?.length) setTriggerValue("drawing", drawn)
    const made = !network && kept("digit-lab-network")
    if (made) setTriggerValue("network", made)
  }

  if (leads()) setTimeout(tell, LEADS)
  else tell()
  try {
    if (network) sessionStorage.setItem("digit-lab-network", JSON.stringify(network))
  } catch {} // a browser that keeps nothing
}
