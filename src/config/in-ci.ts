/** True in continuous integration, where nothing is published, configured or watched: its clones are thrown away. */
export const inCi = ({ CI }: Readonly<Record<string, string | undefined>>): boolean => CI === "true" || CI === "1";
