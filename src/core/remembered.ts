/** A function that makes what it makes of one object once, as long as that lives. Nobody may change what it gives. */
export function remembered<Given extends object, Made extends object>(
  make: (given: Given) => Made,
): (given: Given) => Made {
  const made = new WeakMap<Given, Made>()
  return (given) => {
    const known = made.get(given) ?? make(given)
    made.set(given, known)
    return known
  }
}
