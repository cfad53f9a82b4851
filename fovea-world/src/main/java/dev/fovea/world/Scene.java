package dev.fovea.world;

import java.util.List;

/**
 * A scene: everything that a picture shows, before it is drawn at any size.
 *
 * @param seed the seed it was generated from
 * @param theme what it was arranged for
 * @param background what lies behind the objects
 * @param objects the objects from back to front, at most 127
 * @param canvas what they stand on
 */
public record Scene(long seed, Theme theme, Background background, List<SceneObject> objects, Canvas canvas) {
    /** Keeps its own copy of the list. */
    public Scene {
        objects = List.copyOf(objects);
        if (objects.size() > Byte.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "A scene holds at most 127 objects, but " + objects.size() + " were given; leave some out.");
        }
    }

    /** A scene on the usual canvas. */
    public Scene(long seed, Theme theme, Background background, List<SceneObject> objects) {
        this(seed, theme, background, objects, Canvas.SQUARE);
    }
}
