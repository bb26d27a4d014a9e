import { emptyNames } from '../house.mjs';
import { locate } from '../location.mjs';

const kebab = /^_?[a-z0-9]+(-[a-z0-9]+)*$/;

/** Files and folders are named kebab-case after what they are for, with their role: `start-rollout.handler.ts`. */
export const fileNamesRule = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      empty: '"{{part}}" says nothing about what is inside; name the file or folder after its purpose.',
      kebab: '"{{part}}" must be kebab-case, with the role behind a dot.',
    },
  },
  create(context) {
    return {
      Program(node) {
        const words = locate(context)
          .path.split('/')
          .flatMap((segment) => segment.split('.'))
          .filter((part) => part !== '');
        const empty = words.find((part) => part.split('-').some((word) => emptyNames.includes(word)));
        const crooked = words.find((part) => !kebab.test(part));
        if (empty) context.report({ node, messageId: 'empty', data: { part: empty } });
        else if (crooked) context.report({ node, messageId: 'kebab', data: { part: crooked } });
      },
    };
  },
};
