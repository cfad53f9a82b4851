package dev.fovea.document;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants of the documents that they show.
 *
 * @param pages of each document, or of all where there is one choice; none for all pages
 * @param password of the encrypted ones, or null
 */
public record DocumentWish(List<Pages> pages, @Nullable String password) {
    public DocumentWish {
        pages = List.copyOf(pages);
    }

    /** Every page of documents that are not encrypted. */
    public static DocumentWish none() {
        return new DocumentWish(List.of(), null);
    }

    /**
     * Reads choices of pages.
     *
     * @param pages as {@link Pages#parse} reads each, or null
     * @throws IllegalArgumentException with one sentence if one is none
     */
    public static DocumentWish of(@Nullable List<String> pages, @Nullable String password) {
        return new DocumentWish(
                pages == null ? List.of() : pages.stream().map(Pages::parse).toList(), password);
    }

    /** Whether something is wanted. */
    public boolean isSaid() {
        return !pages.isEmpty() || password != null;
    }

    /**
     * The pages of one document.
     *
     * @param index among the documents that are shown together
     * @throws IllegalArgumentException with one sentence if pages were chosen for fewer documents
     */
    public Pages pages(int index) {
        if (pages.isEmpty()) {
            return Pages.all();
        }
        if (pages.size() > 1 && index >= pages.size()) {
            throw new IllegalArgumentException("This chooses pages of " + pages.size()
                    + " documents, and more are shown; give one choice for all, or one for each.");
        }
        return pages.get(pages.size() == 1 ? 0 : index);
    }

    /** Without the password, wherever this may be printed. */
    @Override
    public String toString() {
        return "DocumentWish[pages=" + pages + "]";
    }
}
