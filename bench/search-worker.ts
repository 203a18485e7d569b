/** One of the processes of bench/search.ts: a job in, its result out, until it is told that there are no more. */
import { endPython, type Job, performJob } from './search-jobs.ts';

process.on('message', (job: Job | 'done') => {
  if (job === 'done') {
    endPython();
    setImmediate(() => process.disconnect());
    return;
  }
  performJob(job).then(
    (result) => process.send!(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
