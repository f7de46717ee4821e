"""The picture of speed against error, drawn from the files of results: an SVG, both axes logarithmic."""

import math

WIDTH, PANEL, TOP, LEFT, RIGHT, GAP = 760, 300, 56, 76, 24, 92
COLORS = {"ours": "#0072b2", "other": "#d55e00"}
NS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20]
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def draw(panels):
    """`panels` are (title, [(name, ns per value, largest error in ULP, is ours)])."""
    height = TOP + len(panels) * (PANEL + GAP) - 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{WIDTH / 2}" y="32" font-size="20" text-anchor="middle">'
        "SELU: time and largest error</text>",
    ]
    for index, (title, points) in enumerate(panels):
        parts += panel(TOP + index * (PANEL + GAP), title, points)
    return "\n".join([*parts, "</svg>", ""])


def panel(top, title, points):
    times = [ns for _, ns, _, _ in points]
    ticks = [ns for ns in NS if min(times) / 2.6 < ns < max(times) * 2.6]
    x_low, x_high = (math.log10(x) for x in (min(times) / 1.5, max(times) * 1.7))
    highest = max(error for _, _, error, _ in points)
    # The line at half an ULP has room for its label below it.
    y_high = math.log10(highest) + 0.9
    y_low = math.log10(0.5) - 0.11 * (y_high - math.log10(0.5))
    right, bottom = WIDTH - RIGHT, top + PANEL

    def x(ns):
        return LEFT + (math.log10(ns) - x_low) / (x_high - x_low) * (right - LEFT)

    def y(error):
        return bottom - (math.log10(error) - y_low) / (y_high - y_low) * PANEL

    parts = [f'<rect x="{LEFT}" y="{top}" width="{right - LEFT}" height="{PANEL}" fill="none" '
             'stroke="#000000"/>']
    for ns in ticks:
        if LEFT < x(ns) < right:
            parts.append(f'<path d="M{x(ns):.1f} {top}V{bottom}" stroke="#e4e4e4"/>')
            parts.append(f'<text x="{x(ns):.1f}" y="{bottom + 20}" text-anchor="middle">{ns:g}</text>')
    decades = range(0, math.floor(y_high) + 1)
    step = 1 if len(decades) < 10 else 4
    for decade in decades[::step]:
        label = "10" + str(decade).translate(SUPERSCRIPT) if decade > 1 else str(10**decade)
        parts.append(f'<path d="M{LEFT} {y(10.0**decade):.1f}H{right}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(10.0**decade) + 5:.1f}" text-anchor="end">{label}</text>')
    parts.append(f'<path d="M{LEFT} {y(0.5):.1f}H{right}" stroke="#0072b2" stroke-dasharray="5 4"/>')
    parts.append(f'<text x="{right - 6}" y="{y(0.5) + 16:.1f}" text-anchor="end" fill="#0072b2">'
                 "correctly rounded: ½ ULP</text>")
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{bottom + 42}" text-anchor="middle" '
                 'font-size="15">ns per value</text>')
    parts.append(f'<text transform="translate(22 {(top + bottom) / 2}) rotate(-90)" '
                 'text-anchor="middle" font-size="15">largest error, ULP</text>')
    parts.append(f'<text x="{right - 10}" y="{top + 24}" text-anchor="end" font-size="17" '
                 f'font-weight="bold">{title}</text>')
    parts.append(f'<path d="M{LEFT} {top}V{bottom}H{right}" fill="none" stroke="#000000"/>')

    limits = (LEFT, top, right, bottom)
    taken = [(x(ns) - 8, y(error) - 8, x(ns) + 8, y(error) + 8) for _, ns, error, _ in points]
    taken.append((right - 190, y(0.5) + 2, right, y(0.5) + 20))
    taken.append((LEFT, y(0.5) - 1, right, y(0.5) + 1))
    taken.append((right - 60, top, right, top + 32))
    for name, ns, error, is_ours in sorted(points, key=lambda point: not point[3]):
        color = COLORS["ours" if is_ours else "other"]
        weight = ' font-weight="bold"' if is_ours else ""
        text_x, text_y = place(x(ns), y(error), 8.1 * len(name), limits, taken)
        parts.append(f'<circle cx="{x(ns):.1f}" cy="{y(error):.1f}" r="5" fill="{color}"/>')
        parts.append(f'<text x="{text_x:.1f}" y="{text_y:.1f}" fill="{color}"{weight}>{name}</text>')
    return parts


def place(x, y, width, limits, taken):
    """Where the label of a point starts: next to it, clear of points and other labels."""
    starts = [(x + 9, y + 5), (x - width - 9, y + 5)]
    for offset in (18, 28, 40, 52):
        for start in (x - width / 2, x - 6, x - width + 6, x + 9):
            starts += [(start, y - offset + 6), (start, y + offset + 4)]
    for start_x, start_y in starts:
        box = (start_x, start_y - 12, start_x + width, start_y + 3)
        inside = limits[0] < box[0] and box[2] < limits[2] and limits[1] < box[1] and box[3] < limits[3]
        if inside and not any(overlap(box, other) for other in taken):
            taken.append(box)
            return start_x, start_y
    return starts[0]


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
