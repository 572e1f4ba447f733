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

/** Says over a list how its tail is doing; `toggle` is told when somebody pauses it, or goes on. */
function openBar(toggle) {
  const bar = document.getElementById('live')
  const [state, button] = bar.children
  const say = (what) => {
    bar.dataset.state = what
    state.textContent = state.dataset[what]
  }
  button.addEventListener('click', () => {
    const isPaused = bar.dataset.state !== 'paused'
    button.textContent = isPaused ? button.dataset.goOn : button.dataset.pause
    say(isPaused ? 'paused' : 'on')
    toggle()
  })
  bar.hidden = false
  return { say, isPaused: () => bar.dataset.state === 'paused' }
}

const MOST_ROWS = 300

/** Puts a row that the server has drawn on top of a list; false where the list had better be taken anew. */
function put(part, drawn) {
  const rows = part.querySelector('tbody')
  if (!rows || rows.rows.length >= MOST_ROWS) return false
  const template = document.createElement('template')
  template.innerHTML = drawn
  const row = template.content.firstElementChild
  if (document.getElementById(row.id)) return true
  row.classList.add('new')
  localise(row)
  rows.prepend(row)
  return true
}

const AGAIN_MS = 3000

/** New rows on top of a list, while it is looked at and nobody has paused it. */
function tail(part) {
  const bar = openBar(begin)
  let source
  let timer

  function stop() {
    source?.close()
    clearTimeout(timer)
    source = timer = undefined
  }
  /** What came meanwhile is on the page, which is taken anew. */
  async function begin() {
    stop()
    if (bar.isPaused() || document.hidden) return
    const what = await renew(part)
    if (bar.isPaused() || document.hidden) return
    bar.say(what)
    if (what === 'on') listen()
    if (what === 'away') soon()
  }
  /** Not at once: it costs the server a page. */
  function soon() {
    timer ??= setTimeout(begin, AGAIN_MS)
  }
  function listen() {
    stop()
    source = new EventSource(part.dataset.stream)
    source.onopen = () => bar.say('on')
    source.onerror = () => {
      stop()
      bar.say('away')
      soon()
    }
    source.addEventListener('row', ({ data }) => put(part, data) || soon())
    source.addEventListener('skipped', ({ data }) => JSON.parse(data).events > 0 && soon())
  }

  document.addEventListener('visibilitychange', begin)
  listen()
}

localise(document)
for (const part of document.querySelectorAll('[data-refresh]')) refresh(part)
for (const part of document.querySelectorAll('[data-stream]')) tail(part)
