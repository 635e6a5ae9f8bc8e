/** Options of TypeScript: how TypeScript is to read an action: like the sandbox, where there is neither Node nor a page. The compiler looks at no tsconfig. */
export const ACTION_OPTIONS = {
  target: "es2025",
  lib: ["es2025", "esnext"],
  module: "preserve",
  moduleResolution: "bundler",
  moduleDetection: "force",
  types: [],
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: false,
  resolveJsonModule: true,
  allowImportingTsExtensions: true,
};
