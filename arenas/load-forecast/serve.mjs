// Frozen: hands the days to forecast.mjs, one after the other. The future is not here.
import { createForecaster } from './forecast.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

let forecaster;
await kit.serve(({ history, actual }) => {
  if (history) forecaster = createForecaster(history);
  else forecaster.learn(actual);
  return Array.from(forecaster.forecast());
});
