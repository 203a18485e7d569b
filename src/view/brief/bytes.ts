/** Size of text as it is sent. */
const encoder = new TextEncoder();
export const bytesOf = (text: string): number => encoder.encode(text).length;
