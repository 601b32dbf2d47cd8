"""The tests of the second stage: names, mapped classes, annotations, session sources, suspects."""
