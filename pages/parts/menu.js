// On a phone the menu lies over the page, and Streamlit leaves it there when a page was chosen.
function close(event) {
  if (!event.target.closest?.('[data-testid="stSidebarNavLink"]')) return
  setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click())
}

export default function () {
  document.addEventListener("click", close)
  return () => document.removeEventListener("click", close)
}
