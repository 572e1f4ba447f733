/**
 * Settings of the functions whose statements go by an index each. The planner must not think that a table which was
 * empty a minute ago still is, so it is left no choice; nor compile what it believes to be much work (`jit`), with
 * which a claim of 200 took 1.5 s instead of 15 ms.
 */
export const byIndex = `SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET enable_sort = off`

/** And of those that must not be planned at each call, which takes longer than their work. */
export const planned = `SET plan_cache_mode = force_generic_plan ${byIndex}`
