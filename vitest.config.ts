import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/slow/**", "test/soak/**"],
    setupFiles: ["test/support/properties.ts"],
    globalSetup: ["test/support/build.ts", "test/support/place-temporary-files.ts"],
    reporters: ["default", "./test/support/count-reporter.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Modules of the program keep nothing but caches, so files share them: read and compiled once a worker.
    isolate: false,
    maxWorkers: 2,
  },
});
