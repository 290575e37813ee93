/** The style of the page that describes the server. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --faint: #777; --blue: #2563c9; --green: #18794e; --amber: #9a5b00; --red: #c0362c; }
@media (prefers-color-scheme: dark) { :root { --faint: #999; --blue: #7aa8ff; --green: #5fc795; --amber: #e5a84b; --red: #ff8a80; } }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { margin: 0; font-size: 2rem; } h1 small { font-size: 1rem; font-weight: normal; color: var(--faint); }
h2 { margin: 2rem 0 .5rem; } h3 { margin: 1.5rem 0 .4rem; font-size: 1rem; color: var(--faint); }
a { color: var(--blue); }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
pre { margin: .6rem 0; padding: .7rem .9rem; overflow-x: auto; background: var(--soft); border: 1px solid var(--line); border-radius: 8px; }
details { margin: .35rem 0; border: 1px solid var(--line); border-radius: 8px; padding: 0 .9rem; }
details[open] { padding-bottom: .5rem; }
summary { cursor: pointer; padding: .5rem 0; }
.verb { display: inline-block; min-width: 4.2em; font: 600 .75rem ui-monospace, monospace; color: var(--blue); }
.post { color: var(--green); } .patch { color: var(--amber); } .delete { color: var(--red); }
.what { color: var(--faint); }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th { text-align: left; font-weight: 600; color: var(--faint); }
th, td { padding: .3rem .6rem .3rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
td b { color: var(--red); }
`;
