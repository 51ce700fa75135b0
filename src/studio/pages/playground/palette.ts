/**
 * A colour for each class, told apart by people who see fewer colours too (after Okabe and Ito); red, green,
 * blue from 0 to 255.
 */
const colours: readonly (readonly [red: number, green: number, blue: number])[] = [
  [0, 114, 178],
  [230, 126, 20],
  [0, 158, 115],
  [204, 102, 160],
  [86, 180, 233],
  [200, 170, 0],
  [150, 90, 60],
  [130, 130, 130],
  [110, 80, 190],
  [190, 40, 50],
];

export const classColour = (index: number) => colours[index % colours.length];

export const cssColour = (index: number): string => `rgb(${classColour(index).join(" ")})`;
