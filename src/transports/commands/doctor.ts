import { speak } from "../../operations/speech.js";
import type { Check } from "../../setup/doctor.js";
import type { Command, GlobalFlags, ProcessCommand } from "../cli/cli.js";
import type { Program } from "./program.js";

const MARK = { ok: "ok      ", warning: "warning ", problem: "PROBLEM " } as const;

const linesOf = ({ status, message, fix }: Check): string[] => [
  MARK[status] + message,
  ...(fix === undefined ? [] : [`          → ${fix}`]),
];

/** `git memory doctor`. */
export const doctorCommand = (program: Program): ProcessCommand => ({
  name: "doctor",
  description: "Check the set-up: programs, store, repository, coding agents, leftovers. Exit 1 on problems",
  configure: (command: Command) => {
    command.option("--fix", "mend what is mechanical and safe, and say what was done");
  },
  run: async (_args, options) => {
    const { doctor } = await import("../../setup/doctor.js");
    const { root, fix, json } = options as GlobalFlags & { readonly fix?: boolean; readonly json?: boolean };
    const facts = {
      node: program.node,
      version: program.version,
      git: await program.findGit(),
      env: program.env,
      directory: root ?? program.cwd,
      openMemory: () => program.openMemory({ root, watch: false }),
      limits: "/proc/sys/fs/inotify",
    };
    const { checks, fixed } = await doctor(facts, fix === true);
    const say = (text: string): string => speak(text, { tools: new Set(), shell: program.shell });
    const told = checks.map((check) => ({
      ...check,
      message: say(check.message),
      ...(check.fix === undefined ? {} : { fix: say(check.fix) }),
    }));
    const problems = checks.filter(({ status }) => status === "problem").length;
    const warnings = checks.filter(({ status }) => status === "warning").length;
    const summary = `${problems} problems, ${warnings} warnings.`;
    const lines = [...fixed.map((done) => `fixed   ${done}`), ...told.flatMap(linesOf), summary];
    program.out(`${json === true ? JSON.stringify({ checks: told, ...(fix ? { fixed } : {}) }) : lines.join("\n")}\n`);
    return problems > 0 ? 1 : 0;
  },
});
