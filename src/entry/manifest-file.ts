/** The name of the file that marks a store. */
export const MANIFEST_FILE = "memory.yaml";
