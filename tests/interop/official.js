// Runs jobs with the official library: a JSON list of [function, ...arguments] on stdin, a JSON list of results on stdout.
// A result is {value} or {error}. Bytes travel as {hex}.
'use strict';

const wecom = require('@wecom/crypto');

const FUNCTIONS = ['encrypt', 'decrypt', 'getSignature', 'getJsApiSignature'];
const unpacked = (value) => (value && value.hex !== undefined ? Buffer.from(value.hex, 'hex') : value);

function run([name, ...args]) {
  if (!FUNCTIONS.includes(name)) throw new Error(`no such function: ${name}`);
  const value = wecom[name](...args.map(unpacked));
  return value && value.random ? { ...value, random: value.random.toString('hex') } : value;
}

function attempt(job) {
  try {
    return { value: run(job) };
  } catch (error) {
    return { error: String(error.message) };
  }
}

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => { input += chunk; });
process.stdin.on('end', () => process.stdout.write(JSON.stringify(JSON.parse(input).map(attempt))));
