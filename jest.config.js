export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/scripts/jest-transform.js" },
  modulePathIgnorePatterns: ["<rootDir>/dist"],
  // Patience, and no bound: what a test asserts of times is related to something that it measures itself.
  testTimeout: 180_000,
  // Tests start worker processes of their own: more at once only makes every one of them slower.
  maxWorkers: 2,
  testSequencer: "<rootDir>/scripts/jest-sequencer.js",
  globalSetup: "<rootDir>/scripts/jest-setup.js",
  globalTeardown: "<rootDir>/scripts/jest-teardown.js",
};
