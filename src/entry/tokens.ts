const PIECE = /[A-Za-z]+|\d+|\s+|[^\sA-Za-z\d]/gu;

/**
 * How many tokens a language model's tokeniser makes of a text, on the high side: a word counts one for each six letters
 * begun, digits one for three, line breaks with the indentation after them one, every other sign one. A whole never
 * counts more than its parts.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECE)) {
    const first = piece.charCodeAt(0);
    if (first > 127) tokens += 1;
    else if (first >= 48 && first <= 57) tokens += Math.ceil(piece.length / 3);
    else if ((first | 32) >= 97 && (first | 32) <= 122) tokens += Math.ceil(piece.length / 6);
    else if (first > 32 || piece.includes("\n")) tokens += 1;
  }
  return tokens;
}
