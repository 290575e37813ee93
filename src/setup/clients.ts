import type { JsonPath } from "./jsonc-edit.js";

/** The key of our server in every host. */
export const SERVER_NAME = "git-memory";

/** What starts our server or prints the context: portable, without a path of any machine. */
interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** The major version that configurations are pinned to. */
export const majorOf = (version: string): string => version.split(".")[0]!;

const launch = (version: string, ...args: string[]): Launch => ({
  command: "npx",
  args: ["-y", `git-memory@${majorOf(version)}`, ...args],
});

/** The fields of a server entry, as one host wants them. */
export type ServerEntry = Readonly<Record<string, string | readonly string[]>>;

/** How a host runs commands when a session starts. */
export interface SessionHook {
  readonly file: string;
  readonly path: JsonPath;
  /** What `context --hook=FORMAT` prints for this host; plain text when absent. */
  readonly format?: "cursor" | "gemini";
  /** Hooks stand in groups, as Claude Code has them, with the group's other fields; else one by one. */
  readonly group?: Readonly<Record<string, string>>;
  /** Other fields of the hook. */
  readonly fields: Readonly<Record<string, string | number>>;
  /** What a file has to say besides hooks. */
  readonly preset?: Readonly<Record<string, number>>;
  /** What keeps a missing program from failing the session, in the shells that the host uses. */
  readonly orElse: string;
}

/** Seconds that a host gives the hook; npx may have to fetch the program first. */
const TIMEOUT = 15;
/** The starts of a session that have not, or no longer, what the hook printed before: a resumed one has. */
const ANEW = "startup|clear|compact";

/** What a host remembers by itself, where that stays on one machine, and how its documentation switches it off. */
export interface BuiltInMemory {
  readonly name: string;
  /** True unless switched off. */
  readonly byDefault: boolean;
  readonly key: readonly [string, ...string[]];
  /** Files that may say it, the strongest first; `~/` is the person's home. */
  readonly files: readonly string[];
  /** The file of the project where it can be switched off for everybody. */
  readonly fixIn?: string;
  readonly variable?: string;
}

/** One coding agent: where its project configuration is and what it takes. Adding a host is adding a value. */
export interface Client {
  readonly name: string;
  readonly title: string;
  readonly format: "json" | "toml";
  /** Names of the configuration file; the first that is there, else the first. */
  readonly files: readonly string[];
  /** The object that holds servers by name. */
  readonly servers: string;
  readonly server: (version: string) => ServerEntry;
  readonly hook?: SessionHook;
  /** Instruction files that it reads instead of AGENTS.md; the first that is there, else the first. */
  readonly ownInstructions: readonly string[];
  readonly memory?: BuiltInMemory;
  /** What a person does next, in this host. */
  readonly next: string;
}

const plain = (version: string): ServerEntry => ({ ...launch(version, "mcp") });
const typed = (version: string): ServerEntry => ({ type: "stdio", ...launch(version, "mcp") });

/** The command of a session-start hook. */
export const hookCommand = (version: string, { format, orElse }: SessionHook): string => {
  const { command, args } = launch(version, "context", format ? `--hook=${format}` : "--hook");
  return [command, ...args].join(" ") + orElse;
};

/** The hosts whose project configuration is documented. */
export const CLIENTS: readonly Client[] = [
  {
    name: "claude",
    title: "Claude Code",
    format: "json",
    files: [".mcp.json"],
    servers: "mcpServers",
    server: plain,
    hook: {
      file: ".claude/settings.json",
      path: ["hooks", "SessionStart"],
      group: { matcher: ANEW },
      fields: { type: "command", timeout: TIMEOUT },
      // bash, or PowerShell on a Windows without Git Bash, whose older versions know no ||.
      orElse: "; exit 0",
    },
    ownInstructions: ["CLAUDE.md", ".claude/CLAUDE.md"],
    memory: {
      name: "auto memory",
      byDefault: true,
      key: ["autoMemoryEnabled"],
      files: [".claude/settings.local.json", ".claude/settings.json", "~/.claude/settings.json"],
      fixIn: ".claude/settings.json",
      variable: "CLAUDE_CODE_DISABLE_AUTO_MEMORY",
    },
    next: "start a new session in this project and approve the server git-memory (/mcp shows it)",
  },
  {
    name: "cursor",
    title: "Cursor",
    format: "json",
    files: [".cursor/mcp.json"],
    servers: "mcpServers",
    server: typed,
    hook: {
      file: ".cursor/hooks.json",
      path: ["hooks", "sessionStart"],
      format: "cursor",
      fields: { timeout: TIMEOUT },
      preset: { version: 1 },
      orElse: "; exit 0",
    },
    ownInstructions: [],
    next: "restart Cursor and switch the server git-memory on under Customize, MCPs",
  },
  {
    name: "vscode",
    title: "VS Code",
    format: "json",
    files: [".vscode/mcp.json"],
    servers: "servers",
    server: typed,
    ownInstructions: [],
    next: "open .vscode/mcp.json, press Start above git-memory, and trust the server",
  },
  {
    name: "codex",
    title: "Codex",
    format: "toml",
    files: [".codex/config.toml"],
    servers: "mcp_servers",
    server: plain,
    hook: {
      file: ".codex/hooks.json",
      path: ["hooks", "SessionStart"],
      group: { matcher: ANEW },
      fields: { type: "command", timeout: TIMEOUT },
      // The person's shell, or cmd.exe on Windows, which knows no ;.
      orElse: " || exit 0",
    },
    ownInstructions: [],
    memory: {
      name: "memories",
      byDefault: false,
      key: ["features", "memories"],
      files: [".codex/config.toml", "~/.codex/config.toml"],
    },
    next: "start codex in this project, trust the folder, and trust the hook (/hooks); /mcp shows the server",
  },
  {
    name: "gemini",
    title: "Gemini CLI",
    format: "json",
    files: [".gemini/settings.json"],
    servers: "mcpServers",
    server: plain,
    hook: {
      file: ".gemini/settings.json",
      path: ["hooks", "SessionStart"],
      format: "gemini",
      group: {},
      fields: { type: "command" },
      // bash, or PowerShell on Windows.
      orElse: "; exit 0",
    },
    ownInstructions: ["GEMINI.md"],
    next: "restart gemini in this project and trust the folder; /mcp shows the server",
  },
  {
    name: "opencode",
    title: "opencode",
    format: "json",
    files: ["opencode.json", "opencode.jsonc"],
    servers: "mcp",
    server: (version) => {
      const { command, args } = launch(version, "mcp");
      return { type: "local", command: [command, ...args] };
    },
    ownInstructions: [],
    next: "restart opencode in this project",
  },
  {
    name: "zed",
    title: "Zed",
    format: "json",
    files: [".zed/settings.json"],
    servers: "context_servers",
    server: plain,
    ownInstructions: [],
    next: "trust the project in Zed; the agent panel's settings show the server",
  },
];

/** Hosts that people ask for and that have no project configuration whose documentation agrees with itself. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  windsurf:
    "Windsurf (Devin Desktop) documents more than one place for project servers. Add the command npx with the arguments -y git-memory@MAJOR mcp in its MCP settings",
};
