"""Commands on datasets: add, sample, sheet, reference shares, deletion of people."""
