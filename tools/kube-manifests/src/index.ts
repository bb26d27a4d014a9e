export { derivedFiles } from './derived-files.js';
