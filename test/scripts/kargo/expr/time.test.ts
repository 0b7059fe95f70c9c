import { describe, expect, it } from 'vitest';
import { failure, result } from './evaluation.ts';

/** Expected values and texts are what expr-lang v1.17.8 itself gives. */
describe('times, durations and zones', () => {
  it.each([
    [
      'date("2024-07-04")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T00:00:00Z","zone":"UTC"}',
    ],
    [
      'date("15:04:05")',
      'time.Time {"$type":"time","rfc3339nano":"0000-01-01T15:04:05Z","zone":"UTC"}',
    ],
    [
      'date("2024-07-04 09:30:00")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T09:30:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-07-04T09:30:00.25-04:00")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T09:30:00.25-04:00","zone":""}',
    ],
    [
      'date("04 Jul 24 09:30 MST")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T09:30:00Z","zone":"MST"}',
    ],
    [
      'date("Thursday, 04-Jul-24 09:30:00 GMT")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T09:30:00Z","zone":"GMT"}',
    ],
    [
      'date("Tue, 02 Jan 2024 15:04:05 EST")',
      'time.Time {"$type":"time","rfc3339nano":"2024-01-02T15:04:05Z","zone":"EST"}',
    ],
    ['date("nope")', 'run 1:1 invalid date nope'],
    [
      'date("04.07.2024", "02.01.2006")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T00:00:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-07-04 09:30", "2006-01-02 15:04", "America/New_York")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T09:30:00-04:00","zone":"America/New_York"}',
    ],
    [
      'date(timezone("Europe/Berlin"), "2024-07-04 09:30:00")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T09:30:00+02:00","zone":"Europe/Berlin"}',
    ],
    [
      'date("2024-03-10 02:30:00", "2006-01-02 15:04:05", "America/New_York")',
      'time.Time {"$type":"time","rfc3339nano":"2024-03-10T01:30:00-05:00","zone":"America/New_York"}',
    ],
    [
      'date("2024-11-03 01:30:00", "2006-01-02 15:04:05", "America/New_York")',
      'time.Time {"$type":"time","rfc3339nano":"2024-11-03T01:30:00-04:00","zone":"America/New_York"}',
    ],
    ['date("x", "2006")', 'run 1:1 parsing time "x" as "2006": cannot parse "x" as "2006"'],
    ['date("2024-02-30")', 'run 1:1 invalid date 2024-02-30'],
    ['date("2024-02-30", "2006-01-02")', 'run 1:1 parsing time "2024-02-30": day out of range'],
    ['date("2024-13", "2006-01")', 'run 1:1 parsing time "2024-13": month out of range'],
    ['date("2024 ", "2006")', 'run 1:1 parsing time "2024 ": extra text: " "'],
    ['date("60", "05")', 'run 1:1 parsing time "60": second out of range'],
    [
      'date("3:04PM", "3:04PM")',
      'time.Time {"$type":"time","rfc3339nano":"0000-01-01T15:04:00Z","zone":"UTC"}',
    ],
    [
      'date("12:00AM", "03:04PM")',
      'time.Time {"$type":"time","rfc3339nano":"0000-01-01T00:00:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-366", "2006-002")',
      'time.Time {"$type":"time","rfc3339nano":"2024-12-31T00:00:00Z","zone":"UTC"}',
    ],
    ['date("2023-366", "2006-002")', 'run 1:1 parsing time "2023-366": day-of-year out of range'],
    ['date("1h", "2006", "Nowhere/City")', 'run 1:1 unknown time zone Nowhere/City'],
    [
      'date("2024-07-04T12:00:00Z").In(timezone("America/New_York"))',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T08:00:00-04:00","zone":"America/New_York"}',
    ],
    [
      'date("2024-07-04T12:00:00Z").In(timezone("America/New_York")).Format("Mon Jan _2 15:04:05.000 MST -0700 2006")',
      'string "Thu Jul  4 08:00:00.000 EDT -0400 2024"',
    ],
    [
      'date("2024-01-04T12:00:00Z").In(timezone("Europe/Berlin")).Format("Monday January 2 3:04:05 pm MST Z07:00 06 002")',
      'string "Thursday January 4 1:00:00 pm CET +01:00 24 004"',
    ],
    [
      'date("2024-07-04T12:00:00Z").Format("2006-01-02T15:04:05.999Z0700")',
      'string "2024-07-04T12:00:00Z"',
    ],
    ['date("2024-07-04").Year()', 'int 2024'],
    ['date("2024-07-04").Month()', 'time.Month {"$type":"month","v":7}'],
    ['date("2024-07-04").Day()', 'int 4'],
    ['date("2024-07-04").Weekday()', 'time.Weekday {"$type":"weekday","v":4}'],
    ['date("2024-07-04").Weekday().String()', 'string "Thursday"'],
    ['date("2024-07-04").YearDay()', 'int 186'],
    ['date("2024-12-30").ISOWeek()', 'int 2025'],
    ['date("2024-07-04T01:02:03.000000004Z").Nanosecond()', 'int 4'],
    ['date("2024-07-04T01:02:03Z").Hour() * 60 + date("2024-07-04T01:02:03Z").Minute()', 'int 62'],
    ['date("2024-07-04").Unix()', 'int64 {"$type":"int64","v":"1720051200"}'],
    ['date("2024-07-04").UnixMilli()', 'int64 {"$type":"int64","v":"1720051200000"}'],
    ['date("2024-07-04").UnixMicro()', 'int64 {"$type":"int64","v":"1720051200000000"}'],
    ['date("2024-07-04").UnixNano()', 'int64 {"$type":"int64","v":"1720051200000000000"}'],
    ['date("1969-12-31T23:59:59.5Z").UnixMilli()', 'int64 {"$type":"int64","v":"-500"}'],
    [
      'date("2024-01-31").AddDate(0, 1, 0)',
      'time.Time {"$type":"time","rfc3339nano":"2024-03-02T00:00:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-01-31").Add(duration("-25h"))',
      'time.Time {"$type":"time","rfc3339nano":"2024-01-29T23:00:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-07-04T10:00:00Z").Sub(date("2024-07-03"))',
      'time.Duration {"$type":"duration","ns":122400000000000}',
    ],
    [
      'date("2024-07-04T10:17:00Z").Truncate(duration("1h"))',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T10:00:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-07-04T10:31:00Z").Round(duration("1h"))',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T11:00:00Z","zone":"UTC"}',
    ],
    ['date("2024-07-04").Before(date("2024-07-05"))', 'bool true'],
    ['date("2024-07-04").After(date("2024-07-05"))', 'bool false'],
    ['date("2024-07-04").Equal(date("2024-07-04T02:00:00+02:00"))', 'bool true'],
    ['date("2024-07-04").Compare(date("2024-07-05"))', 'int -1'],
    ['date("2024-07-04").IsZero()', 'bool false'],
    ['date("2024-07-04").In(timezone("America/New_York")).IsDST()', 'bool true'],
    ['date("2024-07-04").In(timezone("America/New_York")).Zone()', 'string "EDT"'],
    [
      'date("2024-07-04").In(timezone("America/New_York")).ZoneBounds()',
      'time.Time {"$type":"time","rfc3339nano":"2024-03-10T03:00:00-04:00","zone":"America/New_York"}',
    ],
    [
      'date("2024-07-04T00:00:00+02:00").Location()',
      '*time.Location {"$type":"location","name":""}',
    ],
    [
      'date("2024-07-04T00:00:00+02:00").UTC()',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-03T22:00:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-07-04").MarshalJSON()',
      '[]uint8 {"$type":"bytes","base64":"IjIwMjQtMDctMDRUMDA6MDA6MDBaIg=="}',
    ],
    [
      'date("2024-07-04").GoString()',
      'string "time.Date(2024, time.July, 4, 0, 0, 0, 0, time.UTC)"',
    ],
    ['string(date("2024-07-04T00:00:00+05:30"))', 'string "2024-07-04 00:00:00 +0530 +0530"'],
    [
      'date("2024-07-04") + duration("1h")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T01:00:00Z","zone":"UTC"}',
    ],
    [
      'duration("1h") + date("2024-07-04")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-04T01:00:00Z","zone":"UTC"}',
    ],
    [
      'date("2024-07-04") - duration("1h")',
      'time.Time {"$type":"time","rfc3339nano":"2024-07-03T23:00:00Z","zone":"UTC"}',
    ],
    ['date("2024-07-04") > date("2024-07-03")', 'bool true'],
    [
      'date("2024-07-04") + 1',
      'compile 1:20 invalid operation: + (mismatched types time.Time and int)',
    ],
    ['timezone("UTC")', '*time.Location {"$type":"location","name":"UTC"}'],
    ['timezone("America/New_York").String()', 'string "America/New_York"'],
    ['timezone("america/new_york")', 'run 1:1 unknown time zone america/new_york'],
    ['timezone("Nowhere")', 'run 1:1 unknown time zone Nowhere'],
    ['timezone("../etc")', 'run 1:1 time: invalid location name'],
    ['timezone("+01:00")', 'run 1:1 unknown time zone +01:00'],
    ['duration("1h30m0.5s")', 'time.Duration {"$type":"duration","ns":5400500000000}'],
    ['duration("-1.5h")', 'time.Duration {"$type":"duration","ns":-5400000000000}'],
    ['duration("1us")', 'time.Duration {"$type":"duration","ns":1000}'],
    ['duration("")', 'run 1:1 time: invalid duration ""'],
    ['duration("1")', 'run 1:1 time: missing unit in duration "1"'],
    ['duration("1d")', 'run 1:1 time: unknown unit "d" in duration "1d"'],
    ['duration("-")', 'run 1:1 time: invalid duration "-"'],
    ['duration("90m").Hours()', 'float64 1.5'],
    ['duration("90s").Minutes()', 'float64 1.5'],
    ['duration("1.5s").Seconds()', 'float64 1.5'],
    ['duration("1.5s").Milliseconds()', 'int64 {"$type":"int64","v":"1500"}'],
    ['duration("1ms").Microseconds()', 'int64 {"$type":"int64","v":"1000"}'],
    ['duration("1us").Nanoseconds()', 'int64 {"$type":"int64","v":"1000"}'],
    ['duration("-1s").Abs()', 'time.Duration {"$type":"duration","ns":1000000000}'],
    [
      'duration("17m").Round(duration("5m"))',
      'time.Duration {"$type":"duration","ns":900000000000}',
    ],
    [
      'duration("17m").Truncate(duration("5m"))',
      'time.Duration {"$type":"duration","ns":900000000000}',
    ],
    ['duration("1h") > duration("30m")', 'bool true'],
    ['duration("1h") - duration("90m")', 'time.Duration {"$type":"duration","ns":-1800000000000}'],
    [
      'duration("1h") / 2',
      'compile 1:16 invalid operation: / (mismatched types time.Duration and int)',
    ],
    ['2.5 * duration("1s")', 'float64 {"$type":"float","v":"2.5e+09"}'],
    ['string(duration("1ms500us"))', 'string "1.5ms"'],
    ['int(date("2024-07-04").Weekday()) in 1..5', 'bool true'],
  ])('%s', (source, expected) => {
    expect(/^(parse|compile|run) \d/.test(expected) ? failure(source) : result(source)).toBe(
      expected,
    );
  });
});
