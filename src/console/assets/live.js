// Makes pages live. Without it they show all the same, as it was when they were loaded, in UTC.

/** `2026-11-22 17:30:00`, in the reader's own time. */
function localText(time) {
  return new Date(time).toLocaleString('sv')
}

/** Moments in the reader's own time. */
function localise(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    time.title = time.dateTime
    time.textContent = localText(time.dateTime)
  }
}

/** A filter's moment is shown in the reader's own time, and sent as UTC. */
function localiseField(field) {
  const label = field.closest('label').querySelector('[data-local]')
  label.textContent = label.dataset.local
  if (field.defaultValue) field.value = localText(`${field.defaultValue}Z`).replace(' ', 'T')
  field.form.addEventListener('formdata', ({ formData }) => {
    if (field.value) formData.set(field.name, new Date(field.value).toISOString().slice(0, 19))
  })
}

function nameZone() {
  const zone = document.getElementById('zone')
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  if (zone && timeZone) zone.textContent = timeZone
}

/** Says how the page is kept up to date, and of what moment it is. */
function openBar() {
  const bar = document.getElementById('live')
  if (!bar) return undefined
  const [state, time, button] = bar.children
  return {
    button,
    isPaused: () => bar.dataset.state === 'paused',
    say(what) {
      if (what === 'fresh' || bar.dataset.state === 'tail') {
        time.textContent = new Date().toLocaleTimeString('sv')
      }
      time.hidden = what === 'tail'
      bar.hidden = false
      if (bar.dataset.state === what) return
      bar.dataset.state = what
      state.textContent = state.dataset[what]
    },
  }
}

/** Whatever the reader can have the focus on, open or scroll, by what it is called, also when it is drawn anew. */
function placesIn(part) {
  const places = new Map()
  for (const one of part.querySelectorAll(
    'a, button, input, select, summary, details, [tabindex]',
  )) {
    const names = ['id', 'href', 'name', 'value', 'aria-label'].map((name) =>
      one.getAttribute(name),
    )
    let name = [one.localName, ...names].join()
    while (places.has(name)) name += '+'
    places.set(name, one)
  }
  return places
}

/** Puts what is new in place of what is old. The reader stays where they were: what is focused, open, scrolled. */
function replace(part, next) {
  delete part.dataset.refresh
  Object.assign(part.dataset, next.dataset)
  if (part.innerHTML === next.innerHTML) return
  const before = [...placesIn(part)].map(([name, one]) => {
    return { name, isFocused: one === document.activeElement, open: one.open, left: one.scrollLeft }
  })
  part.replaceChildren(...next.childNodes)
  const after = placesIn(part)
  for (const { name, isFocused, open, left } of before) {
    const one = after.get(name)
    if (one && open !== undefined) one.open = open
    if (one && left > 0) one.scrollLeft = left
    if (isFocused) focus(one ?? part)
  }
}

function focus(place) {
  if (place.tabIndex < 0) place.tabIndex = -1
  place.focus({ preventScroll: true })
}

const PATIENCE_MS = 10_000

/** Takes parts of this page anew from the server: `fresh`, `away` where it does not answer, `out` without a session. */
async function renew(parts) {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, signal })
    if (new URL(answer.url).pathname === '/console/login') return 'out'
    // A search that has found the only one.
    if (answer.redirected) {
      location.replace(answer.url)
      return 'fresh'
    }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    localise(page)
    const all = parts.map((part) => [part, page.getElementById(part.id)])
    if (!answer.ok || all.some(([, next]) => !next)) return 'away'
    for (const [part, next] of all) replace(part, next)
    return 'fresh'
  } catch {
    return 'away'
  }
}

/** What stands in `data-refresh` is taken anew, every so many seconds, while it is looked at. */
function refresh(bar) {
  let timer
  async function begin() {
    clearTimeout(timer)
    const parts = [...document.querySelectorAll('[data-refresh]')]
    if (parts.length === 0 || document.hidden) return
    bar.say(await renew(parts))
    soon()
  }
  function soon() {
    clearTimeout(timer)
    const part = document.querySelector('[data-refresh]')
    if (part) timer = setTimeout(begin, Number(part.dataset.refresh) * 1000)
  }
  if (!document.querySelector('[data-refresh]')) return
  document.addEventListener('visibilitychange', begin)
  bar.say('fresh')
  soon()
}

const MOST_ROWS = 300

/** A row that the server has drawn, and the one that the page has in its place. */
function rowOf(drawn) {
  const template = document.createElement('template')
  template.innerHTML = drawn
  const row = template.content.firstElementChild
  return { row, shown: document.getElementById(row.id) }
}

/** Puts a row on top of a list; false where the list had better be taken anew. */
function put(part, drawn) {
  const rows = part.querySelector('tbody')
  if (!rows || rows.rows.length >= MOST_ROWS) return false
  const { row, shown } = rowOf(drawn)
  if (shown) return true
  row.classList.add('new')
  localise(row)
  rows.prepend(row)
  return true
}

/** What has become of an event, which stands at the end of its row; of one that the list has not, nothing is said. */
function update(drawn) {
  const { row, shown } = rowOf(drawn)
  if (shown) replace(shown.lastElementChild, row.lastElementChild)
}

const AGAIN_MS = 3000
const PENDING_MS = 30_000

/** New rows on top of a list, while it is looked at and nobody has paused it. */
function tail(part, bar) {
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
    const what = await renew([part])
    if (bar.isPaused() || document.hidden) return
    if (what === 'fresh') return listen()
    bar.say(what)
    if (what === 'away') soon()
  }
  /** Not at once: it costs the server a page. */
  function soon() {
    timer ??= setTimeout(begin, AGAIN_MS)
  }
  function listen() {
    stop()
    source = new EventSource(part.dataset.stream)
    source.onopen = () => bar.say('tail')
    source.onerror = () => {
      stop()
      bar.say('away')
      soon()
    }
    source.addEventListener('row', ({ data }) => put(part, data) || soon())
    source.addEventListener('outcome', ({ data }) => update(data))
    source.addEventListener('skipped', ({ data }) => JSON.parse(data).events > 0 && soon())
  }
  function toggle() {
    const { button } = bar
    const isPaused = !bar.isPaused()
    button.textContent = isPaused ? button.dataset.goOn : button.dataset.pause
    bar.say(isPaused ? 'paused' : 'fresh')
    begin()
  }

  bar.button.hidden = false
  bar.button.addEventListener('click', toggle)
  document.addEventListener('visibilitychange', begin)
  // Only of the newest events is it told what becomes of them.
  setInterval(() => source && part.querySelector('.outcome .warn') && begin(), PENDING_MS)
  bar.say('fresh')
  listen()
}

localise(document)
nameZone()
for (const field of document.querySelectorAll('input[type="datetime-local"]')) localiseField(field)
const bar = openBar()
if (bar) refresh(bar)
for (const part of document.querySelectorAll('[data-stream]')) tail(part, bar)
