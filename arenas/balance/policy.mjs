// Editable. `begin` makes the memory of an episode; `act` gets what is seen and answers with a force of −10 to 10 N.
const ANGLE_GAIN = 30;
const SPEED_GAIN = 4;
const PLACE_GAIN = 0;
const DRIFT_GAIN = 0;

export const begin = () => ({});

/** m, m/s, rad (positive: leans to the right), rad/s. All of it two steps (0.04 s) old, with noise. */
export function act(_memory, [place, drift, angle, speed]) {
  return ANGLE_GAIN * angle + SPEED_GAIN * speed + PLACE_GAIN * place + DRIFT_GAIN * drift;
}
