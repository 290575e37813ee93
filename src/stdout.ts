/** Standard output belongs to results and to the protocol: what a library prints goes to standard error. */
for (const method of ["log", "info", "debug", "dir", "table"] as const) console[method] = console.error.bind(console);
