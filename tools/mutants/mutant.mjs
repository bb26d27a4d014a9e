/**
 * @typedef {object} Suite
 * @property {string} project folder of the project
 * @property {string} file the test file in it
 * @property {string} [name] only the tests whose name has it
 *
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} promise what it breaks
 * @property {string} file the file it changes
 * @property {readonly (readonly [find: string, replace: string])[]} edits each `find` stands in the file exactly once
 * @property {Suite} suite what has to turn red
 */

/** @param {Mutant} declaration @returns {Readonly<Mutant>} */
export function mutant(declaration) {
  return Object.freeze(declaration);
}

/**
 * The text with the mutant's edits. @param {Mutant} mutant @param {string} text
 * @throws Error when a place that it changes is not there exactly once: the mutant has to follow the code
 */
export function mutated({ name, file, edits }, text) {
  return edits.reduce((before, [find, replace]) => {
    const places = before.split(find).length - 1;
    if (places !== 1) throw new Error(`${name}: ${JSON.stringify(find)} stands ${places} times in ${file}`);
    return before.replace(find, () => replace);
  }, text);
}
