// A small agent of the tests: asks a model through the gateway, then does what its first argument says. Prints its last
// words.
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';

const [what] = process.argv.slice(2);
const prompt = readFileSync(0, 'utf8');
if (readFileSync(process.env.OVERNIGHT_PROMPT, 'utf8') !== prompt) throw new Error('the file and the input differ');

async function ask() {
  const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `${prompt} ANSWER WITHOUT TOOLS` }] }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${answer.error?.message}`);
  return answer.choices[0].message.content;
}

if (what === 'environment') {
  console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), argv: process.execArgv }));
} else if (what === 'look') {
  const list = (dir) => {
    try {
      return readdirSync(dir);
    } catch (error) {
      return error.code;
    }
  };
  const cores = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  const [root, home, tmp, mine] = ['/', '/home', '/tmp', '/root'].map(list);
  console.log(JSON.stringify({ root, home, tmp, mine, cores, up: list(process.argv[3]) }));
} else if (what === 'stray') {
  for (const file of ['stray.txt', 'frozen.txt']) {
    try {
      writeFileSync(file, 'stray');
    } catch (error) {
      console.log(file, error.code);
    }
  }
} else if (what === 'memory') {
  const held = [];
  for (;;) held.push(Buffer.alloc(16 << 20, 1));
} else if (what === 'daemon') {
  spawn('sleep', ['3600'], { detached: true, stdio: 'ignore', env: {} }).unref();
} else {
  const said = await ask();
  if (what === 'edit') appendFileSync('open.txt', 'two\n');
  console.log(said);
}
