// SPDX-License-Identifier: GPL-2.0-only
/*
 * color.c - how far apart two colours are, for people who see colours differently.
 *
 * Three public definitions, written out: the relative luminance and contrast ratio of WCAG 2,
 * the CIE 1976 distance in L*a*b* under D65, and the colour-deficiency matrices of Machado,
 * Oliveira and Fernandes (2009) at full severity, which work on linear RGB.  Fallbacks choose the
 * nearest colour by the same distance, so what a test measures is what a terminal shows.
 *
 * The palette of 256 is xterm's; a terminal may have changed its first 16, which is why a theme
 * can name those itself (`ansi:`).
 */
#include "theme.h"

#include <math.h>

static const uint32_t first_16[16] = {
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

uint32_t palette_rgb(uint32_t index)
{
	static const uint32_t step[6] = { 0, 95, 135, 175, 215, 255 };
	uint32_t cube, gray;

	if (index < 16)
		return first_16[index];
	if (index < 232) {
		cube = index - 16;
		return step[cube / 36] << 16 | step[cube / 6 % 6] << 8 | step[cube % 6];
	}
	gray = 8 + 10 * ((index > 255 ? 255 : index) - 232);
	return gray << 16 | gray << 8 | gray;
}

struct linear {
	double c[3];
};

static struct linear linear_from(uint32_t rgb)
{
	struct linear out;

	for (int i = 0; i < 3; i++) {
		double c = (double)(rgb >> (16 - 8 * i) & 255) / 255;

		out.c[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
	}
	return out;
}

static double luminance(struct linear l)
{
	return 0.2126 * l.c[0] + 0.7152 * l.c[1] + 0.0722 * l.c[2];
}

double color_contrast(uint32_t rgb_a, uint32_t rgb_b)
{
	double a = luminance(linear_from(rgb_a)), b = luminance(linear_from(rgb_b));

	return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

static struct linear seen_by(struct linear l, enum vision vision)
{
	static const double machado[NR_VISIONS][3][3] = {
		[VISION_NORMAL] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
		[VISION_PROTAN] = { { 0.152286, 1.052583, -0.204868 },
				    { 0.114503, 0.786281, 0.099216 },
				    { -0.003882, -0.048116, 1.051998 } },
		[VISION_DEUTAN] = { { 0.367322, 0.860646, -0.227968 },
				    { 0.280085, 0.672501, 0.047413 },
				    { -0.011820, 0.042940, 0.968881 } },
		[VISION_TRITAN] = { { 1.255528, -0.076749, -0.178779 },
				    { -0.078411, 0.930809, 0.147602 },
				    { 0.004733, 0.691367, 0.303900 } },
	};
	struct linear out;

	for (int i = 0; i < 3; i++) {
		double sum = 0;

		for (int k = 0; k < 3; k++)
			sum += machado[vision][i][k] * l.c[k];
		out.c[i] = fmin(1, fmax(0, sum));
	}
	return out;
}

static double lab_curve(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static void lab_from(struct linear l, double lab[3])
{
	double x = 0.4124564 * l.c[0] + 0.3575761 * l.c[1] + 0.1804375 * l.c[2];
	double y = 0.2126729 * l.c[0] + 0.7151522 * l.c[1] + 0.0721750 * l.c[2];
	double z = 0.0193339 * l.c[0] + 0.1191920 * l.c[1] + 0.9503041 * l.c[2];

	x = lab_curve(x / 0.95047);
	y = lab_curve(y);
	z = lab_curve(z / 1.08883);
	lab[0] = 116 * y - 16;
	lab[1] = 500 * (x - y);
	lab[2] = 200 * (y - z);
}

double color_distance(uint32_t rgb_a, uint32_t rgb_b, enum vision vision)
{
	double a[3], b[3];

	lab_from(seen_by(linear_from(rgb_a), vision), a);
	lab_from(seen_by(linear_from(rgb_b), vision), b);
	return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
		    (a[2] - b[2]) * (a[2] - b[2]));
}
