using System.Runtime.CompilerServices;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>The sizes of include/uapi/linux/fuse.h, as a C compiler prints them.</summary>
public sealed class StructureSizeTests
{
    [Fact]
    public void Every_structure_has_the_kernels_size()
    {
        Check<fuse_in_header>(40);
        Check<fuse_out_header>(16);
        Check<fuse_init_in>(64);
        Check<fuse_init_out>(64);
        Check<fuse_interrupt_in>(8);
        Check<fuse_attr>(88);
        Check<fuse_attr_out>(104);
        Check<fuse_getattr_in>(16);
        Check<fuse_setattr_in>(88);
        Check<fuse_statx_in>(24);
        Check<fuse_statx>(256);
        Check<fuse_statx_out>(288);
        Check<fuse_access_in>(8);
        Check<fuse_kstatfs>(80);
        Check<fuse_entry_out>(128);
        Check<fuse_forget_in>(8);
        Check<fuse_forget_one>(16);
        Check<fuse_batch_forget_in>(8);
        Check<fuse_mknod_in>(16);
        Check<fuse_mkdir_in>(8);
        Check<fuse_rename_in>(8);
        Check<fuse_rename2_in>(16);
        Check<fuse_link_in>(8);
        Check<fuse_dirent>(24);
        Check<fuse_direntplus>(152);
        Check<fuse_open_in>(8);
        Check<fuse_create_in>(16);
        Check<fuse_open_out>(16);
        Check<fuse_release_in>(24);
        Check<fuse_flush_in>(24);
        Check<fuse_read_in>(40);
        Check<fuse_write_in>(40);
        Check<fuse_write_out>(8);
        Check<fuse_fsync_in>(16);
        Check<fuse_fallocate_in>(32);
        Check<fuse_lseek_in>(24);
        Check<fuse_lseek_out>(8);
        Check<fuse_copy_file_range_in>(56);
        Check<fuse_copy_file_range_out>(8);
        Check<fuse_syncfs_in>(8);
        Check<fuse_bmap_in>(16);
        Check<fuse_bmap_out>(8);
        Check<fuse_ioctl_in>(32);
        Check<fuse_ioctl_out>(16);
        Check<fuse_poll_in>(24);
        Check<fuse_poll_out>(8);
        Check<fuse_file_lock>(24);
        Check<fuse_lk_in>(48);
        Check<fuse_lk_out>(24);
        Check<fuse_setxattr_in>(16);
        Check<fuse_getxattr_in>(8);
        Check<fuse_getxattr_out>(8);
        Check<fuse_notify_poll_wakeup_out>(8);
        Check<fuse_notify_inval_inode_out>(24);
        Check<fuse_notify_inval_entry_out>(16);
        Check<fuse_notify_delete_out>(24);
        Check<fuse_notify_store_out>(24);
        Check<fuse_notify_retrieve_out>(32);
        Check<fuse_notify_prune_out>(16);
    }

    private static void Check<T>(int sizeBytes) where T : unmanaged =>
        Assert.True(Unsafe.SizeOf<T>() == sizeBytes, $"{typeof(T).Name} has {Unsafe.SizeOf<T>()} bytes instead of {sizeBytes}");
}
