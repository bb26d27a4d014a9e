import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { events } from '../catalogue.js';
import { derivedFiles, releaseProblems, workspaceFolder } from './derived-files.js';

/** `npm run generate`: writes what derives from the contracts, unless a released one was changed incompatibly. */
const problems = releaseProblems(events);
if (problems.length > 0) {
  process.stderr.write(
    `${problems.join('\n')}\nA released event stays as it is: declare the next version beside it.\n`,
  );
  process.exitCode = 1;
} else {
  for (const [path, content] of derivedFiles(events)) {
    const file = join(workspaceFolder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    process.stdout.write(`${path}\n`);
  }
}
