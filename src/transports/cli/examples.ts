/** What the help of the whole program shows first-time users. */
export const EXAMPLES = [
  "Examples:",
  "  git memory init                                         make .memory/ in this repository",
  '  git memory save "Use Postgres for billing" "We need …" --category decision --tags billing',
  '  git memory search "retry policy"                        words, "phrases", -not, prefix*',
  '  git memory context "round invoices" --paths src/pay.ts   what applies to a task (--hook: for session-start hooks)',
  "  git memory get memories/use-postgres-for-billing",
  '  git memory update use-postgres-for-billing --append "Since March also for invoices."',
  "  git memory history use-postgres-for-billing             who changed it, when and why",
  "  git memory commit                                       commit the store and nothing else",
  "  git memory check --base origin/main                     what this branch changes, and what is wrong with it",
  "  git memory mcp                                          serve an agent over stdio (MCP)",
  "  git memory serve                                        serve REST and MCP to this machine over HTTP",
];
