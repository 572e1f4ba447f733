// Makes pages live. Without it they show all the same, as it was when they were loaded.

/** Moments in the reader's own time. */
function localise(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    time.title = time.dateTime
    time.textContent = new Date(time.dateTime).toLocaleString('sv')
  }
}

/** Takes a part of this page anew from the server: `on`, `away` where it does not answer, `out` without a session. */
async function renew(part) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } })
    if (answer.redirected) return 'out'
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const next = page.getElementById(part.id)
    if (!answer.ok || !next) return 'away'
    Object.assign(part.dataset, next.dataset)
    part.replaceChildren(...next.childNodes)
    localise(part)
    return 'on'
  } catch {
    return 'away'
  }
}

/** What stands in `data-refresh` is taken anew, every so many seconds, while it is looked at. */
function refresh(part) {
  const seconds = Number(part.dataset.refresh)
  setInterval(() => {
    if (!document.hidden && !part.contains(document.activeElement)) renew(part)
  }, seconds * 1000)
}

const MOST_ROWS = 300
const AGAIN_MS = 3000

/** New rows on top of a list, as the server draws them, while it is looked at and nobody has paused it. */
function tail(part) {
  const bar = document.getElementById('live')
  const [state, button] = bar.children
  let source
  let timer
  let isPaused = false

  function say(what) {
    bar.dataset.state = what
    state.textContent = state.dataset[what]
  }
  function stop() {
    source?.close()
    clearTimeout(timer)
    source = timer = undefined
  }
  /** In a while: it costs the server a page. */
  function soon() {
    timer ??= setTimeout(begin, AGAIN_MS)
  }
  /** What came meanwhile is on the page that is taken anew. */
  async function begin() {
    stop()
    const what = await renew(part)
    if (isPaused || document.hidden) return
    if (what === 'on') open()
    else say(what)
    if (what === 'away') soon()
  }
  function open() {
    stop()
    source = new EventSource(part.dataset.stream)
    source.onopen = () => say('on')
    source.onerror = () => {
      stop()
      say('away')
      soon()
    }
    source.addEventListener('row', ({ data }) => add(data))
    source.addEventListener('skipped', ({ data }) => {
      if (JSON.parse(data).events > 0) soon()
    })
  }
  function add(drawn) {
    const rows = part.querySelector('tbody')
    if (!rows || rows.rows.length >= MOST_ROWS) return soon()
    const template = document.createElement('template')
    template.innerHTML = drawn
    const row = template.content.firstElementChild
    if (document.getElementById(row.id)) return
    row.classList.add('new')
    localise(row)
    rows.prepend(row)
  }

  button.addEventListener('click', () => {
    isPaused = !isPaused
    button.textContent = isPaused ? button.dataset.goOn : button.dataset.pause
    if (!isPaused) return begin()
    stop()
    say('paused')
  })
  document.addEventListener('visibilitychange', () => {
    if (isPaused) return
    if (document.hidden) stop()
    else begin()
  })
  bar.hidden = false
  open()
}

localise(document)
for (const part of document.querySelectorAll('[data-refresh]')) refresh(part)
for (const part of document.querySelectorAll('[data-stream]')) tail(part)
