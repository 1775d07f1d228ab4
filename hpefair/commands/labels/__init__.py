"""Commands on labels: label review, errors of classifiers, a classifier of one's own."""
