/**
 * The editable file: forecasts the load of the next day at midnight. `history` is the days before the first forecast,
 * a list of lists. Each day first `forecast()` is called, then `learn()` with what the load really was.
 */

const WEEKS = 1; // how many past weeks are averaged
const LEVEL_WEIGHT = 0.0; // how much of the last day's deviation from its own forecast goes on
const PERSISTENCE = 0.9; // how much of the last hours' deviation goes on, from one half-hour to the next

const average = (lists) => lists[0].map((_, i) => lists.reduce((sum, list) => sum + list[i], 0) / lists.length);
const total = (list) => list.reduce((sum, value) => sum + value, 0);

export function createForecaster(history) {
  const days = [...history];
  /** The same weekday of the weeks before. */
  const profileOf = (day) => average(Array.from({ length: WEEKS }, (_, i) => days[day - 7 * (i + 1)]));
  return {
    forecast() {
      const profile = profileOf(days.length);
      const yesterday = days[days.length - 1];
      const expected = profileOf(days.length - 1);
      const level = 1 + LEVEL_WEIGHT * (total(yesterday) / total(expected) - 1);
      const lastHours = yesterday.length >> 3;
      const rest = total(yesterday.slice(-lastHours)) / total(expected.slice(-lastHours)) / level - 1;
      return profile.map((value, i) => value * level * (1 + LEVEL_WEIGHT * rest * PERSISTENCE ** (i + 1)));
    },
    learn(actual) {
      days.push(actual);
    },
  };
}
