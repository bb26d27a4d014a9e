/** Takes one line for a person to read while something takes long. */
export type Progress = (line: string) => void;

export const silentProgress: Progress = () => undefined;
