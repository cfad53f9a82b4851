package dev.fovea.document;

import dev.fovea.core.image.RgbImage;
import java.util.List;

/**
 * Pages of a document, drawn.
 *
 * @param pages those that were chosen, in order
 * @param count how many pages the document has
 * @param notes what a person should know about how it was read, one sentence each, usually none
 */
public record Document(List<Page> pages, int count, List<String> notes) {
    public Document {
        pages = List.copyOf(pages);
        notes = List.copyOf(notes);
    }

    /**
     * A page.
     *
     * @param number from 1
     * @param image as one sees it, upright as the document says
     */
    public record Page(int number, RgbImage image) {}

    /** The pages as pictures, to ask about. */
    public List<RgbImage> images() {
        return pages.stream().map(Page::image).toList();
    }
}
