/** Prints, as any user, which program is found on PATH, which agents are found, and whether finding them threw. */
import { Gateway } from '../../src/agents/gateway/gateway.ts';
import { findAgents } from '../../src/agents/open.ts';
import { findOnPath } from '../../src/agents/program.ts';

const [searchPath = '', ...names] = process.argv.slice(2);
const agents = findAgents(new Gateway({ upstreams: {} }), searchPath).map(({ name }) => name);
console.log(JSON.stringify({ found: names.map((name) => findOnPath([name], searchPath) ?? null), agents }));
