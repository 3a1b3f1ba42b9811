// Sets formulas with KaTeX: JSON on standard input -> JSON on standard output.
// Called by book_build/mathematics.py as: node katex.js <folder of the katex package>
"use strict";
const fs = require("fs");
const path = require("path");
const katex = require(path.join(process.argv[2], "dist", "katex.js"));

const { formulas, macros } = JSON.parse(fs.readFileSync(0, "utf8"));
const set = ({ tex, display }) => {
  try {
    const html = katex.renderToString(tex, {
      displayMode: display,
      output: "htmlAndMathml",
      strict: "error",
      throwOnError: true,
      macros: { ...macros }, // KaTeX writes into it; one formula must not define for the next
    });
    return { html };
  } catch (error) {
    return { error: error.message };
  }
};
process.stdout.write(JSON.stringify(formulas.map(set)));
