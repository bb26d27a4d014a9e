import { hash } from 'node:crypto';
import { serveProgram } from '../harness/program.js';

const text = 'x'.repeat(1_024);

serveProgram({
  work: ({ messages, work }: { readonly messages: number; readonly work: number }) => {
    let digest = '';
    for (let nth = 0; nth < messages * work * 10; nth++) digest = hash('sha256', text);
    return { messages, lost: digest === '' ? messages : 0 };
  },
});
