// The system calls that a confined program has no use for, by what they are for.
#pragma once

#include <sys/syscall.h>

namespace crank::syscalls {

// Numbers from 424 on are those of every architecture; many headers are older.
inline constexpr long clone3 = 435;
// What this list was written without (Linux 6.17): as if the kernel did not know it, either.
inline constexpr unsigned first_unknown = 470;

// Those by a path. Where files are protected they fail anyway; what changes modes, owners, attributes and times is not
// protected there.
inline constexpr long of_files[] = {SYS_mkdirat,
                                    SYS_mknodat,
                                    SYS_unlinkat,
                                    SYS_symlinkat,
                                    SYS_linkat,
                                    SYS_renameat2,
                                    SYS_truncate,
                                    SYS_chroot,
                                    SYS_fchmod,
                                    SYS_fchmodat,
                                    SYS_fchown,
                                    SYS_fchownat,
                                    SYS_utimensat,
                                    SYS_setxattr,
                                    SYS_lsetxattr,
                                    SYS_fsetxattr,
                                    SYS_removexattr,
                                    SYS_lremovexattr,
                                    SYS_fremovexattr,
                                    SYS_name_to_handle_at,
                                    SYS_open_by_handle_at,
#if defined(__x86_64__) // those that newer architectures do without
                                    SYS_mkdir,
                                    SYS_rmdir,
                                    SYS_mknod,
                                    SYS_unlink,
                                    SYS_symlink,
                                    SYS_link,
                                    SYS_rename,
                                    SYS_renameat,
                                    SYS_chmod,
                                    SYS_chown,
                                    SYS_lchown,
                                    SYS_utime,
                                    SYS_utimes,
                                    SYS_futimesat,
#else
                                    SYS_renameat,
#endif
                                    452 /* fchmodat2 */,
                                    463 /* setxattrat */,
                                    466 /* removexattrat */,
                                    469 /* file_setattr */};

inline constexpr long of_the_network[] = {SYS_socket,  SYS_socketpair, SYS_bind,   SYS_listen,
                                          SYS_connect, SYS_accept,     SYS_accept4};

// Its settings, its kernel, and memory and queues in it that outlive a process or that no limit counts.
inline constexpr long of_the_machine[] = {SYS_mount,
                                          SYS_umount2,
                                          SYS_pivot_root,
                                          SYS_swapon,
                                          SYS_swapoff,
                                          SYS_reboot,
                                          SYS_sethostname,
                                          SYS_setdomainname,
                                          SYS_settimeofday,
                                          SYS_clock_settime,
                                          SYS_adjtimex,
                                          SYS_clock_adjtime,
                                          SYS_acct,
                                          SYS_syslog,
                                          SYS_quotactl,
                                          SYS_vhangup,
                                          SYS_init_module,
                                          SYS_finit_module,
                                          SYS_delete_module,
                                          SYS_kexec_load,
                                          SYS_kexec_file_load,
                                          SYS_perf_event_open,
                                          SYS_bpf,
                                          SYS_userfaultfd,
                                          SYS_fanotify_init,
                                          SYS_fanotify_mark,
                                          SYS_add_key,
                                          SYS_request_key,
                                          SYS_keyctl,
                                          SYS_memfd_create,
                                          SYS_shmget,
                                          SYS_shmat,
                                          SYS_shmctl,
                                          SYS_semget,
                                          SYS_semctl,
                                          SYS_semop,
                                          SYS_semtimedop,
                                          SYS_msgget,
                                          SYS_msgsnd,
                                          SYS_msgrcv,
                                          SYS_msgctl,
                                          SYS_mq_open,
                                          SYS_mq_unlink,
#if defined(__x86_64__)
                                          SYS_iopl,
                                          SYS_ioperm,
#endif
                                          425 /* io_uring_setup */,
                                          426 /* io_uring_enter */,
                                          427 /* io_uring_register */,
                                          428 /* open_tree */,
                                          429 /* move_mount */,
                                          430 /* fsopen */,
                                          431 /* fsconfig */,
                                          432 /* fsmount */,
                                          433 /* fspick */,
                                          442 /* mount_setattr */,
                                          443 /* quotactl_fd */,
                                          447 /* memfd_secret */,
                                          457 /* statmount */,
                                          458 /* listmount */,
                                          467 /* open_tree_attr */};

// Others, and what keeps it together with its group.
inline constexpr long of_processes[] = {SYS_ptrace,
                                        SYS_process_vm_readv,
                                        SYS_process_vm_writev,
                                        SYS_kcmp,
                                        SYS_setns,
                                        SYS_unshare,
                                        SYS_setsid,
                                        SYS_setpgid,
                                        SYS_setpriority,
                                        SYS_ioprio_set,
                                        SYS_sched_setaffinity,
                                        SYS_sched_setattr,
                                        SYS_sched_setparam,
                                        SYS_sched_setscheduler,
                                        SYS_migrate_pages,
                                        SYS_move_pages,
                                        SYS_execveat,
                                        424 /* pidfd_send_signal */,
                                        434 /* pidfd_open */,
                                        438 /* pidfd_getfd */,
                                        440 /* process_madvise */,
                                        448 /* process_mrelease */};

#if defined(__x86_64__)
inline constexpr long that_fork[] = {SYS_fork, SYS_vfork};
#else
inline constexpr long that_fork[] = {clone3}; // clone is looked at by itself
#endif

inline constexpr long of_signals[] = {SYS_kill, SYS_tkill, SYS_tgkill};
inline constexpr long of_queued_signals[] = {SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo};

} // namespace crank::syscalls
