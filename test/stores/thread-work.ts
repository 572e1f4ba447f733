import { parentPort, workerData } from 'node:worker_threads'
import { serveThread } from '../../src/stores/thread.ts'

// What thread.test.ts runs in a thread: answers in capitals, and dies on request.

if (parentPort) {
  serveThread<string, string>(parentPort, () => {
    if (workerData === 'fail to open') throw new Error('the door is stuck')
    return { answer, close: () => {} }
  })
}

function answer(question: string): string {
  if (question === 'throw') throw new Error('out of breath')
  if (question === 'exit') process.exit(3)
  return question.toUpperCase()
}
