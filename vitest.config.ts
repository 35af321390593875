import { defineConfig } from "vitest/config";

/** Two kinds of test: quick ones side by side, and those that boot a laptop cloud or a browser one after another. */
export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    reporters: ["default", "./tools/plain-reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: ["test/cloud/**", "test/browser/**"],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "cloud",
          include: ["test/cloud/**/*.test.ts", "test/browser/**/*.test.ts"],
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
